import { AxeBuilder } from '@axe-core/playwright'

import { prepare, screens, show } from './screens'
import { expect, test } from './support'

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

// axe is put into the page as an inline script, which our policy refuses; the journeys hold the policy to its word.
test.use({ bypassCSP: true })

for (const colorScheme of ['dark', 'light'] as const) {
  test(`axe finds nothing, ${colorScheme}`, async ({ page }) => {
    test.setTimeout(screens.length * 12_000)
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await prepare(page)
    for (const screen of screens) {
      await show(page, screen)
      const { violations } = await new AxeBuilder({ page }).withTags(TAGS).analyze()
      const told = violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(' | ')}`)
      expect.soft(told, screen.name).toEqual([])
    }
  })
}
