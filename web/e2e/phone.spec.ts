import type { Page } from '@playwright/test'

import { prepare, screens, show } from './screens'
import { api, captureNow, expect, signIn, test } from './support'

test.use({ viewport: { width: 390, height: 844 } })

/** What is wider than the window: the page, or what is open above it, each with what makes it so. */
const tooWide = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const boxes = [document.documentElement, ...document.querySelectorAll('dialog[open], :popover-open')]
    const right = (one: Element) => one.getBoundingClientRect().right
    return boxes
      .filter((box) => box.scrollWidth > box.clientWidth || right(box) > innerWidth || box.getBoundingClientRect().left < 0)
      .map((box) => {
        const first = [...box.querySelectorAll('*')].find((one) => right(one) > right(box))
        return `${box.tagName} of ${box.scrollWidth}: ${first?.outerHTML.slice(0, 120) ?? ''}`
      })
  })

// The policy, too: what it refuses is kept by `mishaps`, which every test looks at in the end.
test('every screen fits a phone and keeps to the policy', async ({ page }) => {
  test.setTimeout(screens.length * 8_000)
  await prepare(page)
  for (const screen of screens) {
    await show(page, screen)
    for (const width of [360, 390]) {
      await page.setViewportSize({ width, height: 844 })
      const soft = expect.configure({ soft: true })
      await soft.poll(() => tooWide(page), { message: `${screen.name} at ${width}`, timeout: 3_000 }).toEqual([])
    }
  }
})

test('a session, an account and a comparison can be worked with on a phone', async ({ page }) => {
  await signIn(page, 'HarborLight')
  const uuid = await captureNow(page, ['harborlight', 'petitpixel'])
  const { people } = await api<{ people: { twitch_id: string }[] }>(page, 'GET', `/api/v1/sessions/${uuid}/accounts?limit=1`)
  const main = page.getByRole('main')

  await page.goto(`/sessions/${uuid}`)
  await main.getByRole('button', { name: 'Exporter' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Télécharger' }).click({ trial: true })
  await page.keyboard.press('Escape')
  await main.getByRole('button', { name: /^Autres actions/ }).click()
  await page.getByRole('menuitem', { name: 'Supprimer' }).click({ trial: true })
  await page.keyboard.press('Escape')
  await main.getByRole('button', { name: 'Enregistrer' }).click({ trial: true })
  await main.getByRole('navigation').getByRole('link', { name: 'Chaînes en commun' }).click()
  await expect(main.getByRole('heading', { name: 'Chaînes en commun', level: 2 })).toBeInViewport()

  await main.getByRole('link', { name: 'Comparer' }).click()
  const after = page.getByRole('group', { name: 'Après' })
  await after.getByRole('combobox', { name: 'Quoi' }).selectOption('Toute une chaîne')
  await after.getByRole('combobox', { name: 'Toute une chaîne' }).selectOption('PetitPixel')
  await page.getByRole('button', { name: 'Échanger les deux côtés' }).click()
  await expect(page).toHaveURL(/a=channel:\d+&b=session:/)
  await page.getByRole('radiogroup', { name: 'Quelle liste' }).getByText('Restés').click()
  await expect(page.getByRole('table', { name: 'Restés' }).getByRole('link').first()).toBeVisible()

  await page.goto(`/accounts/${people[0]!.twitch_id}`)
  const verdict = page.getByRole('radiogroup', { name: /^L’avis des modérateurs de/ }).first()
  await verdict.getByText('Suspect').click()
  await expect(verdict.getByRole('radio', { name: 'Suspect' })).toBeChecked()
  await verdict.getByText('Sans avis').click()
  const said = () => api<{ verdicts: unknown[] }>(page, 'GET', `/api/v1/accounts/${people[0]!.twitch_id}`)
  await expect.poll(async () => (await said()).verdicts).toEqual([])
})

test('language and theme are in the account’s menu on a phone', async ({ page }) => {
  await signIn(page, 'PetitPixel', '/?return_to=/channels/petitpixel')
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  const dark = await background()
  await page.getByRole('button', { name: 'Compte de PetitPixel' }).click()
  await page.getByRole('button', { name: 'English' }).click()
  await page.getByRole('button', { name: 'PetitPixel’s account' }).click()
  await page.getByRole('button', { name: 'Switch to the light theme' }).click()
  await expect(page.getByRole('button', { name: 'Capture PetitPixel' })).toBeVisible()
  await expect.poll(background).not.toBe(dark)
  expect(await tooWide(page)).toEqual([])
})
