/** `npm run screenshots`: every screen from top to bottom as a picture in screenshots/, which git ignores. */
import { prepare, screens, show } from './screens'
import { test } from './support'

const looks = [
  { colorScheme: 'dark', locale: 'fr-FR', viewport: { width: 1440, height: 900 } },
  { colorScheme: 'light', locale: 'en-GB', viewport: { width: 1440, height: 900 } },
  { colorScheme: 'light', locale: 'fr-FR', viewport: { width: 390, height: 844 } },
  { colorScheme: 'dark', locale: 'en-GB', viewport: { width: 390, height: 844 } },
] as const

for (const look of looks) {
  const name = `${look.colorScheme}-${look.viewport.width}-${look.locale.slice(0, 2)}`
  test.describe(name, () => {
    test.use(look)
    test('every screen', async ({ page }) => {
      test.setTimeout(screens.length * 12_000)
      await prepare(page)
      for (const screen of screens) {
        await show(page, screen)
        await page.screenshot({ path: `screenshots/${screen.name}-${name}.png`, fullPage: true, animations: 'disabled' })
      }
    })
  })
}
