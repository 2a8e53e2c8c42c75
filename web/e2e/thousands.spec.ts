/**
 * Rooms of tens of thousands. These journeys come last, by their file's name: afterwards Twitch is asked about all those
 * accounts for minutes, which takes processors, and turns, that others would wait for.
 */
import type { Page } from '@playwright/test'

import { GRANDEVAGUE, slowDown } from './sim'
import { enter, expect, test } from './support'

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
  test.setTimeout(120_000)
  await slowDown(GRANDEVAGUE, 20)
  await enter(page, 'GrandeVague')
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
  test.setTimeout(120_000)
  await enter(page, 'Lea_Modere')
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
