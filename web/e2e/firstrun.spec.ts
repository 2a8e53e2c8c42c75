import { goLive, HARBORLIGHT, PETITPIXEL, raid } from './sim'
import { expect, test } from './support'

test('two clicks from the first page to a list of channels, and a raid that shows while one watches', async ({ page }) => {
  test.setTimeout(150_000)
  await goLive(PETITPIXEL)
  await page.goto('/')
  await page.getByRole('link', { name: 'Continuer avec Twitch' }).click()
  await page.getByRole('button', { name: 'Autoriser' }).click()
  const live = page.getByRole('listitem').filter({ hasText: /PetitPixel.*En direct/s })
  await expect(live).toContainText(/\d+ spectateurs?/, { timeout: 5_000 })

  await live.getByRole('link', { name: 'PetitPixel' }).click()
  await page.evaluate(() => Object.assign(globalThis, { stayed: true }))
  // Captures asked for within the same ten seconds are one.
  const captureUntil = (isShown: () => Promise<void>) =>
    expect(async () => {
      await page.getByRole('button', { name: 'Capturer PetitPixel' }).click({ timeout: 1_000 })
      await isShown()
    }).toPass({ timeout: 75_000 })
  const broadcast = page.getByRole('combobox', { name: 'Direct montré' })
  await captureUntil(() => expect(broadcast).toContainText('Ce direct', { timeout: 5_000 }))

  await raid(HARBORLIGHT, PETITPIXEL, 40)
  const strip = page.getByRole('region', { name: 'En bref' })
  await expect(strip).toContainText(/Raid de harborlight à \d+:\d\d\s: 40\sspectateurs annoncés/)
  await captureUntil(() => expect(strip).toContainText(/annoncés, [1-4]\d arrivés dans le chat/, { timeout: 5_000 }))
  expect(await page.evaluate(() => 'stayed' in globalThis)).toBe(true)
})
