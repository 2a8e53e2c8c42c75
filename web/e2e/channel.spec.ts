import type { Page } from '@playwright/test'

import { goLive, HARBORLIGHT, PETITPIXEL, sendBatch } from './sim'
import { api, captureNow, enter, expect, nextCapture, signIn, test } from './support'

const capture = (page: Page, name: string) => page.getByRole('button', { name: `Capturer ${name}` })
const strip = (page: Page) => page.getByRole('region', { name: 'En bref' })
const graph = (page: Page) => page.getByRole('img', { name: /^Dans le chat/ })
const histogram = (page: Page) => page.getByRole('listbox', { name: 'Création des comptes' })
const grid = (page: Page) => page.getByRole('grid')
const actions = (page: Page) => page.getByRole('group', { name: 'Actions sur les comptes choisis' })

/** How many captures the page says that the broadcast has; NaN while it says nothing. */
async function told(page: Page): Promise<number> {
  const [text] = await strip(page).allInnerTexts()
  return Number(/(\d+) captures?, la dernière/.exec(text ?? '')?.[1])
}

/** What PetitPixel’s page is about: the latest broadcast that was captured; and how many captures that has. */
async function counted(page: Page): Promise<{ captures: number; path: string }> {
  const { streams } = await api<{ streams: { id: string; captures: number }[] }>(page, 'GET', `/api/v1/channels/${PETITPIXEL}/streams`)
  const stream = streams.find(({ captures }) => captures > 0)
  return { captures: stream?.captures ?? 0, path: `/api/v1/streams/${stream?.id}` }
}

/** Waits until PetitPixel’s page tells of every capture of the broadcast that there is; of how many. */
async function upToDate(page: Page): Promise<number> {
  let captures = 0
  await expect.poll(async () => (await told(page)) - (captures = (await counted(page)).captures)).toBe(0)
  return captures
}

/** Waits until PetitPixel’s page lists everybody of the broadcast. */
async function everybody(page: Page): Promise<void> {
  await upToDate(page)
  const { accounts } = await api<{ accounts: number }>(page, 'GET', `${(await counted(page)).path}/accounts?limit=1`)
  await expect(page.getByText(new RegExp(`^${accounts} affichés sur ${accounts}, `))).toBeVisible()
}

async function openChannel(page: Page, name: string): Promise<void> {
  await page.getByRole('link', { name, exact: true }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(name)
}

/** Signs in, and opens a channel by its address. */
async function openAs(page: Page, person: string, name: string): Promise<void> {
  await enter(page, person, `/channels/${name.toLowerCase()}`)
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(name)
}

/** Captures, and waits until the page says so by itself. */
async function captureHere(page: Page, name: string): Promise<void> {
  await capture(page, name).click()
  await expect(page.getByText('Capture terminée')).toBeVisible()
}

test('a peak of creation dates: seen, brushed, judged, and still judged after a reload', async ({ page }) => {
  test.setTimeout(180_000)
  await page.setViewportSize({ width: 1440, height: 900 })
  await goLive(HARBORLIGHT)
  await sendBatch(HARBORLIGHT, 120)
  await enter(page, 'HarborLight')
  await openChannel(page, 'HarborLight')
  await capture(page, 'HarborLight').click()

  // As the accounts are described to us, the page says by itself what is unusual.
  await expect(strip(page)).toContainText(/1[12]\d comptes créés/, { timeout: 60_000 })
  // Until all are, bars move and the list does not have everybody.
  await expect(page.getByText(/^(\d[\d\s]*) dates connues sur \1[.,]/)).toBeVisible({ timeout: 45_000 })
  // On a usual screen one sees so without scrolling, with the pictures whole beside the words.
  for (const part of [strip(page), graph(page), histogram(page)]) await expect(part).toBeInViewport({ ratio: 0.99 })
  expect(await page.evaluate(() => scrollY)).toBe(0)
  const bar = await page.locator('.bar.pointed').first().boundingBox()
  if (!bar) throw new Error('no peak is drawn')

  // Dragging over it picks the cohort.
  await page.mouse.move(bar.x + bar.width / 2, bar.y + bar.height / 2)
  await page.mouse.down()
  await page.mouse.move(bar.x + bar.width / 2 + 1, bar.y + bar.height / 2, { steps: 2 })
  await page.mouse.up()
  await expect(page).toHaveURL(/from=\d{4}-\d\d-01&to=/)
  await expect(page.getByRole('heading', { name: /^Comptes créés du/ })).toBeVisible()

  // The strip leads to exactly the days of the peak.
  await strip(page).getByRole('button', { name: 'Voir ces comptes' }).click()
  await expect(page.getByRole('heading', { name: /^Comptes créés le/ })).toBeVisible()
  await expect(page).toHaveURL(/from=(\d{4}-\d\d-\d\d)&to=\1/)
  await expect(page.getByText(/^1[12]\d affichés sur 1[12]\d/)).toBeVisible({ timeout: 45_000 })
  await grid(page).press('Control+a')
  await expect(actions(page)).toContainText(/1[12]\d choisis/)
  const download = page.waitForEvent('download')
  await actions(page).getByRole('button', { name: 'Exporter (CSV)' }).click()
  const text = await (await (await download).createReadStream()).toArray()
  const lines = Buffer.concat(text as Buffer[]).toString('utf8').trim().split('\r\n')
  expect(lines[0]).toMatch(/^twitch_id,login,/)
  expect(lines.length).toBeGreaterThan(110)

  await actions(page).getByRole('button', { name: 'Ce sont des gens' }).click()
  await expect(page.getByText(/1[12]\d comptes sont des gens/)).toBeVisible()
  await page.reload()
  await expect(page.getByRole('heading', { name: /^Comptes créés le/ })).toBeVisible()
  await expect(grid(page).getByText('des gens').first()).toBeVisible()
  await page.getByRole('button', { name: /^Des gens 1[12]\d$/ }).click()
  await expect(page.getByText(/^1[12]\d affichés sur 1[12]\d/)).toBeVisible()
})

test('an open page shows a capture made in another tab, without reloading', async ({ page, context }) => {
  await goLive(PETITPIXEL)
  await openAs(page, 'PetitPixel', 'PetitPixel')
  await captureHere(page, 'PetitPixel')
  await expect(strip(page)).toContainText(/\d+ captures?, la dernière à l’instant/)
  const before = await upToDate(page)
  await page.evaluate(() => Object.assign(globalThis, { stayed: true }))

  const other = await context.newPage()
  await other.goto('/channels')
  await nextCapture()
  await capture(other, 'PetitPixel').click()
  await expect.poll(() => told(page), { timeout: 30_000 }).toBeGreaterThan(before)
  expect(await page.evaluate(() => 'stayed' in globalThis)).toBe(true)
})

test('an open page shows what a colleague captured', async ({ page, browser }) => {
  await goLive(PETITPIXEL)
  await openAs(page, 'Lea_Modere', 'PetitPixel')
  // Of a broadcast that nobody has captured yet it says that.
  const first = page.getByRole('heading', { name: /^Aucune capture/ })
  await expect(strip(page).getByText(/captures?, la dernière/).or(first)).toBeVisible()
  const before = (await first.isVisible()) ? 0 : await upToDate(page)

  const theirs = await browser.newContext({ locale: 'fr-FR' })
  const other = await theirs.newPage()
  await enter(other, 'PetitPixel')
  await nextCapture()
  await capture(other, 'PetitPixel').click()
  await expect.poll(() => told(page), { timeout: 30_000 }).toBeGreaterThan(before)
  await theirs.close()
})

test('a schedule is set, kept, and captures by itself', async ({ page }) => {
  test.setTimeout(150_000)
  await goLive(PETITPIXEL)
  await enter(page, 'PetitPixel')
  const toggle = page.getByRole('switch', { name: 'Capture automatique de PetitPixel' })
  /** What is shown at once is asked for one after the other, and kept before the page is left. */
  const stored = async (change: () => Promise<unknown>): Promise<void> => {
    const answer = page.waitForResponse((one) => one.url().endsWith('/schedule'))
    await change()
    expect((await answer).ok()).toBe(true)
  }
  await expect(toggle).toHaveAttribute('aria-checked', 'false')
  await stored(() => toggle.click())
  await page.getByRole('button', { name: 'toutes les 5 min, en direct' }).click()
  await stored(() => page.getByLabel('Intervalle').selectOption({ label: 'chaque minute' }))
  await stored(() => page.getByLabel('Seulement pendant les directs').uncheck())
  await page.keyboard.press('Escape')
  await page.reload()
  await expect(toggle).toHaveAttribute('aria-checked', 'true')
  await expect(page.getByRole('button', { name: 'chaque minute', exact: true })).toBeVisible()

  await openChannel(page, 'PetitPixel')
  await expect(page.getByText(/Capture terminée/)).toBeVisible({ timeout: 90_000 })
  await stored(() => toggle.click())
  await page.reload()
  await expect(toggle).toHaveAttribute('aria-checked', 'false')
})

test('a channel that is not one’s own does not open', async ({ page }) => {
  await enter(page, 'PetitPixel', '/channels/ironmeadow')
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('La chaîne « ironmeadow » n’est pas parmi les vôtres')
})

test('dates are picked, people are picked and judged with the keyboard alone', async ({ page }) => {
  await signIn(page, 'PetitPixel')
  await openChannel(page, 'PetitPixel')
  await captureHere(page, 'PetitPixel')
  // There is nothing to pick before it is known when somebody's account was created.
  await expect(histogram(page).getByRole('option')).not.toHaveCount(0)
  await page.locator('main').focus()
  for (let i = 0; i < 30 && !(await histogram(page).evaluate((node) => node === document.activeElement)); i += 1) {
    await page.keyboard.press('Tab')
  }
  await expect(histogram(page)).toBeFocused()
  await page.keyboard.press('Home')
  await page.keyboard.press('Shift+End')
  await expect(page).toHaveURL(/from=/)
  await page.keyboard.press('t')
  await expect(page.getByRole('columnheader', { name: 'D’ordinaire sur cette chaîne' })).toBeVisible()
  await page.keyboard.press('t')

  for (let i = 0; i < 20 && !(await grid(page).evaluate((node) => node === document.activeElement)); i += 1) {
    await page.keyboard.press('Tab')
  }
  await expect(grid(page)).toBeFocused()
  const name = grid(page).getByRole('columnheader', { name: 'Nom', exact: true })
  await page.keyboard.press('Tab')
  await expect(name.getByRole('button')).toBeFocused()
  for (const order of ['ascending', 'descending']) {
    await page.keyboard.press('Enter')
    await expect(name).toHaveAttribute('aria-sort', order)
  }
  await page.keyboard.press('Shift+Tab')
  await expect(grid(page)).toBeFocused()
  await page.keyboard.press('Space')
  await page.keyboard.press('Shift+ArrowDown')
  await expect(page.getByText('2 choisis', { exact: true })).toBeVisible()
  const mark = page.getByRole('button', { name: 'Suspects', exact: true })
  for (let i = 0; i < 20 && !(await mark.evaluate((node) => node === document.activeElement)); i += 1) {
    await page.keyboard.press('Tab')
  }
  await page.keyboard.press('Enter')
  await expect(page.getByText(/: 2 comptes suspects/)).toBeVisible()
  await page.getByRole('button', { name: 'Annuler' }).press('Enter')
  await expect(page.getByRole('button', { name: /^Suspects \d/ })).toHaveCount(0)
})

test('a login that ends on a channel’s page leads back to it, with what was picked', async ({ page, context }) => {
  await openAs(page, 'PetitPixel', 'PetitPixel')
  await captureHere(page, 'PetitPixel')
  await expect(histogram(page).getByRole('option')).not.toHaveCount(0)
  await histogram(page).press('Home')
  await expect(page).toHaveURL(/from=/)
  const address = page.url()
  await context.clearCookies()
  // Whatever asks first finds out: the button may lie below the dialog already.
  await capture(page, 'PetitPixel').dispatchEvent('click')
  const dialog = page.getByRole('dialog')
  await expect(dialog).toContainText('Votre session de connexion a expiré')
  await dialog.getByRole('button', { name: 'Se reconnecter' }).click()
  await page.getByRole('radio', { name: /PetitPixel/ }).check()
  await page.getByRole('button', { name: 'Autoriser' }).click()
  await expect(page).toHaveURL(address)
  await expect(page.getByRole('heading', { name: /^Comptes créés/ })).toBeVisible()
})

test('offline and back: the page says so, then shows what was captured meanwhile', async ({ page, context, browser }) => {
  test.setTimeout(150_000)
  await goLive(PETITPIXEL)
  await openAs(page, 'PetitPixel', 'PetitPixel')
  // A capture may be there before it is known that a broadcast began.
  await expect(async () => {
    await captureNow(page, ['petitpixel'])
    await expect(page.getByRole('combobox', { name: 'Direct montré' })).toContainText('Ce direct', { timeout: 5_000 })
  }).toPass({ timeout: 60_000 })
  const theirs = await browser.newContext({ locale: 'fr-FR' })
  const other = await theirs.newPage()
  await enter(other, 'Lea_Modere')
  const before = await upToDate(page)
  await page.evaluate(() => Object.assign(globalThis, { stayed: true }))

  await context.setOffline(true)
  await expect(page.getByText('Vous êtes hors ligne')).toBeVisible()
  await nextCapture()
  await captureNow(other, ['petitpixel'])
  expect((await counted(other)).captures).toBeGreaterThan(before)
  await theirs.close()
  expect(await told(page)).toBe(before)

  await context.setOffline(false)
  await expect(page.getByText('Vous êtes hors ligne')).toHaveCount(0, { timeout: 30_000 })
  await expect.poll(() => told(page), { timeout: 30_000 }).toBeGreaterThan(before)
  expect(await page.evaluate(() => 'stayed' in globalThis)).toBe(true)
})

test('what the filter hides is not acted upon, though it was picked before', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await openAs(page, 'PetitPixel', 'PetitPixel')
  await captureHere(page, 'PetitPixel')
  // Who comes into the list later is not picked.
  await everybody(page)
  const names = grid(page).getByRole('link')
  await expect.poll(() => names.count()).toBeGreaterThan(9)
  await grid(page).press('Control+a')
  await expect(actions(page)).toContainText(/\d\d choisis/)

  const name = await names.first().innerText()
  await page.getByRole('searchbox', { name: 'Filtrer par nom' }).fill(name)
  await expect.poll(() => names.count()).toBeLessThan(10)
  const shown = await names.count()
  await expect(actions(page)).toContainText(new RegExp(`(^|\\s)${shown} choisi`))
  await actions(page).getByRole('button', { name: 'Copier les /ban' }).click()
  await expect(page.getByText(new RegExp(`^${shown} lignes? copiées?$`))).toBeVisible()
  // A name that is written otherwise than its login has the login behind it.
  const seen = (await grid(page).locator('.rows .login').allInnerTexts()).map((text) => (text.split('@')[1] ?? text).trim().toLowerCase())
  const copied = await page.evaluate(() => navigator.clipboard.readText())
  expect(copied.split('\n').sort()).toEqual(seen.map((login) => `/ban ${login}`).sort())
})
