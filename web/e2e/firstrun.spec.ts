/** The demo as somebody meets it: on `devstack demo`, with its past and its own happenings, without any help from here. */
import { expect, test } from './support'

/** Channels that the demo has a past of; crates/scenario/src/cast.rs lists them. */
const CAST = ['Lea_Modere', 'PetitPixel', 'HarborLight', 'Sam_NightShift']

test('signed in within two clicks, a populated list within five seconds, a raid while one watches', async ({ page }) => {
  test.setTimeout(180_000)
  await page.goto('/')
  await page.getByRole('link', { name: 'Continuer avec Twitch' }).click()
  const asked = Date.now()
  await page.getByRole('button', { name: 'Autoriser' }).click()

  const row = (name: string) => page.getByRole('listitem').filter({ has: page.getByRole('link', { name, exact: true }) })
  for (const name of CAST) {
    await expect(row(name)).toContainText(/En direct\s*[1-9]/, { timeout: 5_000 })
    await expect(row(name)).toContainText(/[1-9][\d\s]* dans le chat/)
    const course = row(name).getByRole('button', { name: /^Dernier direct.+\d à la fin, entre \d/ })
    await expect(course.locator('path[d*="L"]').first()).toBeVisible()
  }
  expect(Date.now() - asked).toBeLessThan(5_000)
  await expect(page).toHaveURL('/channels')

  await row('Lea_Modere').getByRole('link', { name: 'Lea_Modere', exact: true }).click()
  const strip = page.getByRole('region', { name: 'En bref' })
  await expect(strip).toContainText(/\d+ captures, la dernière/)
  await expect(strip).not.toContainText('Raid')

  // From here on one only watches. In crates/scenario/src/live.rs the raid is a minute after the start.
  await page.evaluate(() => Object.assign(globalThis, { stayed: true }))
  await expect(strip).toContainText(/Raid de harborlight .+180\sspectateurs annoncés/, { timeout: 90_000 })
  // The next capture, of which there is one every minute, tells how many came.
  await expect(strip).toContainText(/annoncés, [1-9]\d* arrivés dans le chat/, { timeout: 75_000 })
  expect(await page.evaluate(() => 'stayed' in globalThis)).toBe(true)
})
