/** The demo as somebody meets it: on `devstack demo`, with its past and its own happenings, without any help from here. */
import { expect, test } from './support'

/** Channels that the demo has a past of; crates/scenario/src/cast.rs lists them. */
const CAST = ['Lea_Modere', 'PetitPixel', 'HarborLight', 'Sam_NightShift']

test('two clicks lead to channels with a past, and a raid comes while one watches', async ({ page }) => {
  test.setTimeout(180_000)
  await page.goto('/')
  await page.getByRole('link', { name: 'Continuer avec Twitch' }).click()
  const asked = Date.now()
  await page.getByRole('button', { name: 'Autoriser' }).click()

  const row = (name: string) => page.getByRole('listitem').filter({ has: page.getByRole('link', { name, exact: true }) })
  for (const name of CAST) {
    await expect(row(name)).toContainText(/En direct\s*[1-9]/)
    await expect(row(name)).toContainText(/[1-9][\d\s]* dans le chat/)
    const course = row(name).getByRole('button', { name: /^Dernier direct.+\d à la fin, entre \d/ })
    await expect(course.locator('path[d*="L"]').first()).toBeVisible()
  }
  // A figure for whoever reads the report, which is to be five seconds at the most.
  console.info(`    populated ${Date.now() - asked} ms after the login`)
  await expect(page).toHaveURL('/channels')

  await row('Lea_Modere').getByRole('link', { name: 'Lea_Modere', exact: true }).click()
  const strip = page.getByRole('region', { name: 'En bref' })
  await expect(strip).toContainText(/\d+ captures, la dernière/)
  await expect(strip).not.toContainText('Raid')

  // From here on one only watches. crates/scenario/src/live.rs says when the raid comes.
  await page.evaluate(() => Object.assign(globalThis, { stayed: true }))
  await expect(strip).toContainText(/Raid de harborlight .+180\sspectateurs annoncés/, { timeout: 90_000 })
  expect(await page.evaluate(() => 'stayed' in globalThis)).toBe(true)
})
