/** One walk through all screens, each opened once: at a desk and on a phone, dark and light, with the policy in force. */
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from '@playwright/test'

import { prepare, screens, show } from './screens'
import { expect, test, tooWide } from './support'

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
// What depends on the theme, and what on the width or is only there in a narrow window; the rest is the same in all.
const OF_COLOURS = ['color-contrast', 'link-in-text-block']
const OF_WIDTH = ['target-size', 'scrollable-region-focusable', 'button-name', 'link-name', 'label', 'aria-hidden-focus', 'nested-interactive']

const DESK = { width: 1280, height: 800 }
const PHONES = [360, 390].map((width) => ({ width, height: 844 }))

/** What axe finds, each with where. */
async function found(page: Page, narrow: (axe: AxeBuilder) => AxeBuilder): Promise<string[]> {
  // To read axe's code takes longer than to run it: once in each document is enough. Evaluated, it is not subject to the
  // policy. No frames: the results need no page of their own to be put together in, which takes as long as the rest.
  const isThere = await page.evaluate(() => 'axe' in globalThis)
  const axe = new AxeBuilder({ page, ...(isThere && { axeSource: '0' }) }).setLegacyMode()
  // Of what passes nobody reads.
  const { violations } = await narrow(axe.options({ resultTypes: ['violations'] })).analyze()
  return violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(' | ')}`)
}

test('on every screen axe finds nothing, dark or light, it fits a phone, and the policy is kept', async ({ page, mishaps }) => {
  test.setTimeout(screens.length * 10_000)
  const soft = expect.configure({ soft: true })
  await page.emulateMedia({ reducedMotion: 'reduce', colorScheme: 'dark' })
  await page.setViewportSize(DESK)
  await prepare(page)
  for (const screen of screens) {
    await test.step(screen.name, async () => {
      try {
        await show(page, screen)
        soft(await found(page, (axe) => axe.withTags(TAGS)), `axe on ${screen.name}`).toEqual([])
        await page.emulateMedia({ colorScheme: 'light' })
        await expect(page.locator('html')).toHaveCSS('color-scheme', 'light')
        soft(await found(page, (axe) => axe.withRules(OF_COLOURS)), `axe on ${screen.name}, light`).toEqual([])

        for (const phone of PHONES) {
          await page.setViewportSize(phone)
          if (phone === PHONES.at(-1)) await screen.narrow?.(page)
          await soft.poll(() => tooWide(page), { message: `${screen.name} at ${phone.width}`, timeout: 5_000 }).toEqual([])
        }
        soft(await found(page, (axe) => axe.withRules(OF_WIDTH)), `axe on ${screen.name}, on a phone`).toEqual([])
      } catch (error) {
        // The others are looked at all the same.
        soft(error instanceof Error ? error.message : error, `${screen.name} is not reached`).toBeNull()
      }
      soft(mishaps.splice(0), `mishaps on ${screen.name}`).toEqual([])
      await page.emulateMedia({ colorScheme: 'dark' })
      await page.setViewportSize(DESK)
    })
  }
})
