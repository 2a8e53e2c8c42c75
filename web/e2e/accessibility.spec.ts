import { AxeBuilder } from '@axe-core/playwright'

import { prepare, screens, show } from './screens'
import { expect, test } from './support'

// What depends on the theme; the rest is the same in both.
const OF_COLOURS = ['color-contrast', 'link-in-text-block']
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

// axe is put into the page as an inline script, which our policy refuses; the journeys hold the policy to its word.
test.use({ bypassCSP: true })

test('axe finds nothing on any screen, dark or light', async ({ page }) => {
  test.setTimeout(screens.length * 15_000)
  await page.emulateMedia({ reducedMotion: 'reduce' })
  await prepare(page)
  for (const screen of screens) {
    await page.emulateMedia({ colorScheme: 'dark' })
    await show(page, screen)
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme })
      await expect(page.locator('html')).toHaveCSS('color-scheme', colorScheme)
      // No frames: the results need no page of their own to be put together in, which takes as long as the rest.
      const axe = new AxeBuilder({ page }).setLegacyMode()
      const { violations } = await (colorScheme === 'dark' ? axe.withTags(TAGS) : axe.withRules(OF_COLOURS)).analyze()
      const told = violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(' | ')}`)
      expect.soft(told, `${screen.name}, ${colorScheme}`).toEqual([])
    }
  }
})
