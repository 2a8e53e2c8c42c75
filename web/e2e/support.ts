/** What every journey shares: a page that may not break our Content-Security-Policy, and how to sign in. */
import { expect, test as base, type Page } from '@playwright/test'

interface Fixtures {
  /** Everything that went wrong in the page by itself: refused by the policy, or thrown and not caught. */
  mishaps: string[]
}

export const test = base.extend<Fixtures>({
  mishaps: [
    async ({ context }, use) => {
      const mishaps: string[] = []
      await context.exposeFunction('reportViolation', (what: string) => mishaps.push(what))
      await context.addInitScript(() => {
        document.addEventListener('securitypolicyviolation', (event) => {
          const report = (globalThis as unknown as { reportViolation: (what: string) => void }).reportViolation
          report(`${event.documentURI}: ${event.effectiveDirective} refused ${event.blockedURI} ${event.sample}`)
        })
      })
      context.on('weberror', (error) => mishaps.push(error.error().stack ?? error.error().message))
      await use(mishaps)
      expect(mishaps).toEqual([])
    },
    { auto: true },
  ],
})

/** Signs in as one of the simulated people, from wherever the page is asked to be. */
export async function signIn(page: Page, person: string, path = '/'): Promise<void> {
  await page.goto(path)
  await page.getByRole('link', { name: /Continuer avec Twitch|Continue with Twitch/ }).click()
  await page.getByRole('radio', { name: new RegExp(person) }).check()
  await page.getByRole('button', { name: /^(Autoriser|Authorize)$/ }).click()
  await page.waitForURL((url) => url.origin === new URL(process.env.E2E_BASE_URL ?? '').origin)
}

export { expect }
