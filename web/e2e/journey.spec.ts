import type { Page } from '@playwright/test'

import { GRANDEVAGUE, slowDown } from './sim'
import { expect, signIn, test } from './support'

test('from the first page to what a capture shows', async ({ page }) => {
  await signIn(page, 'HarborLight')
  await expect(page).toHaveURL('/channels')
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Chaînes')

  const own = page.getByRole('listitem').filter({ hasText: 'HarborLight' }).first()
  // The simulated streams have pauses: whether one is live depends on the hour.
  await expect(own).toContainText(/En direct|Hors ligne/)
  await own.getByRole('button', { name: 'Capturer HarborLight' }).click()

  // Without reloading: it runs, it ends, and the row says what was found.
  await expect(own).toContainText('Capture terminée')
  await expect(own).toContainText(/2\s\d{3} dans le chat/)
  await expect(own).toContainText('à l’instant')

  await own.getByRole('link', { name: 'Voir la session' }).click()
  await expect(page).toHaveURL(/\/sessions\/[0-9a-f-]{36}$/)
  await expect(page.getByText(/2\s\d{3} comptes distincts dans \d+ captures?/)).toBeVisible()

  // Enrichment goes on while the page is open.
  await expect(page.getByText('100 %').first()).toBeVisible({ timeout: 40_000 })
  await page.getByRole('link', { name: 'Dates de création' }).click()
  const days = page.locator('ol > li')
  await expect(days).toHaveCount(10)
  await days.first().locator('summary').click()
  await expect(days.first().locator('ul > li').first()).toHaveText(/^[a-z0-9_]{2,25}$/)
  await expect(days.first().locator('ul a').first()).toHaveAttribute('href', /^\/accounts\/\d+$/)

  await page.getByRole('link', { name: 'Sessions', exact: true }).click()
  await expect(page.getByRole('region', { name: 'En cours' }).getByRole('listitem')).toContainText(/[1-9]\d* captures?/)
})

/** Waits until the page tells of more pages of a list than `before`; of how many. */
async function pagesBeyond(page: Page, before: number): Promise<number> {
  let pages = 0
  await expect
    .poll(async () => {
      const [told] = await page.getByText(/^Page \d+ sur \d+, .* comptes sur /).allTextContents()
      return (pages = Number(/\d+/.exec(told ?? '')?.[0]))
    })
    .toBeGreaterThan(before)
  return pages
}

test('a long capture says how far it is, and can be left and come back to', async ({ page, context }) => {
  await slowDown(GRANDEVAGUE, 20)
  await signIn(page, 'GrandeVague')
  await page.getByRole('button', { name: 'Capturer GrandeVague' }).click()
  const first = await pagesBeyond(page, await pagesBeyond(page, 0))

  // By another page of the same tab, and by another tab when this one is closed.
  await page.getByRole('link', { name: 'Sessions', exact: true }).click()
  await page.getByRole('link', { name: 'Chaînes', exact: true }).click()
  const second = await pagesBeyond(page, first)
  await page.close()
  const tab = await context.newPage()
  await tab.goto('/channels')
  await pagesBeyond(tab, second)

  await expect(tab.getByText('Capture terminée')).toBeVisible({ timeout: 45_000 })
  await expect(tab.getByRole('progressbar')).toHaveCount(0)
})

test('several channels at once, seen one by one', async ({ page }) => {
  await signIn(page, 'Lea_Modere')
  await page.getByRole('button', { name: /^Capturer les \d chaînes en direct$/ }).click()
  const done = page.getByText('Capture terminée')
  await expect.poll(() => done.count(), { timeout: 45_000 }).toBeGreaterThan(2)

  await page.getByRole('link', { name: 'Voir la session' }).first().click()
  const filter = page.getByRole('group', { name: 'Chaînes prises en compte' })
  await filter.getByRole('button', { name: 'PetitPixel' }).click()
  await expect(page).toHaveURL(/\?channel=\d+$/)
  await expect(page.getByRole('table', { name: 'Par chaîne' }).getByRole('row')).toHaveCount(2)
  await page.goBack()
  await expect(filter.getByRole('button', { name: 'Toutes' })).toHaveAttribute('aria-pressed', 'true')
})

test('who declines is told so, and can change their mind', async ({ page }) => {
  await page.goto('/')
  await page.getByRole('link', { name: 'Continuer avec Twitch' }).click()
  await page.getByRole('button', { name: 'Refuser' }).click()
  await expect(page).toHaveURL('/?error=access_denied')
  await expect(page.getByRole('alert')).toContainText('Vous avez refusé l’autorisation')
  await signIn(page, 'PetitPixel')
  await expect(page).toHaveURL('/channels')
})

test('a page that needs a login leads back to itself', async ({ page }) => {
  await page.goto('/sessions')
  await expect(page.getByRole('status').filter({ hasText: 'vous y reviendrez' })).toBeVisible()
  await page.getByRole('link', { name: 'Continuer avec Twitch' }).click()
  await page.getByRole('radio', { name: /PetitPixel/ }).check()
  await page.getByRole('button', { name: 'Autoriser' }).click()
  await expect(page).toHaveURL('/sessions')
})

test('a login that ends while the page is open', async ({ page, context }) => {
  await signIn(page, 'PetitPixel')
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Chaînes')
  await context.clearCookies()
  await page.getByRole('link', { name: 'Sessions', exact: true }).click()
  const dialog = page.getByRole('dialog')
  await expect(dialog).toContainText('Votre session de connexion a expiré')
  await dialog.getByRole('button', { name: 'Se reconnecter' }).click()
  await page.getByRole('radio', { name: /PetitPixel/ }).check()
  await page.getByRole('button', { name: 'Autoriser' }).click()
  await expect(page).toHaveURL('/sessions')
  await expect(page.getByRole('dialog')).toHaveCount(0)
})

test('someone else’s session does not exist', async ({ page }) => {
  await signIn(page, 'PetitPixel', '/?return_to=/sessions/0198b6a0-0000-7000-8000-000000000001')
  await expect(page.getByRole('alert')).toContainText('n’existe pas, ou n’est pas la vôtre')
})

test('language and theme are chosen and kept', async ({ page }) => {
  await page.goto('/')
  await expect(page.locator('html')).toHaveAttribute('lang', 'fr')
  await page.getByRole('button', { name: 'English' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Know who is in your chat, and since when')
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  const dark = await background()
  await page.getByRole('button', { name: 'Switch to the light theme' }).click()
  expect(await background()).not.toBe(dark)
  const light = await background()
  await page.reload()
  await expect(page.locator('html')).toHaveAttribute('lang', 'en')
  expect(await background()).toBe(light)
})

test('logging out leaves nothing behind', async ({ page }) => {
  await signIn(page, 'PetitPixel')
  await page.getByRole('button', { name: 'Compte de PetitPixel' }).click()
  await page.getByRole('button', { name: 'Se déconnecter' }).click()
  await expect(page).toHaveURL('/')
  await page.goto('/channels')
  await expect(page).toHaveURL('/?return_to=/channels')
})

test('everything can be reached with the keyboard', async ({ page }) => {
  await signIn(page, 'PetitPixel')
  await expect(page.getByRole('button', { name: 'Capturer PetitPixel' })).toBeVisible()
  await page.reload()
  await page.keyboard.press('Tab')
  await expect(page.getByRole('link', { name: 'Aller au contenu' })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page.locator('main')).toBeFocused()
  const capture = page.getByRole('button', { name: 'Capturer PetitPixel' })
  for (let i = 0; i < 24 && !(await capture.evaluate((button) => button === document.activeElement)); i += 1) {
    await page.keyboard.press('Tab')
  }
  await expect(capture).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page.getByText('Capture terminée')).toBeVisible()
  // It could not be pressed while the capture ran, and kept the focus all the same.
  await expect(capture).toBeFocused()
})
