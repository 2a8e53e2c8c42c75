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

/** A request that the page might make, as its person. */
export async function api<T>(page: Page, method: string, path: string, body?: unknown): Promise<T> {
  const answer = await page.evaluate(
    async ([method, path, body]) => {
      const headers: HeadersInit = body === null ? {} : { 'content-type': 'application/json' }
      const response = await fetch(path, { method, headers, body })
      return { status: response.status, body: (await response.json().catch(() => null)) as unknown }
    },
    [method, path, body === undefined ? null : JSON.stringify(body)] as const,
  )
  expect(answer.status, `${method} ${path}: ${JSON.stringify(answer.body)}`).toBeLessThan(300)
  return answer.body as T
}

interface Accepted {
  session: string
  jobs: { id: string }[]
}

/** Captures channels by their logins, without the page's help; the session they are in. */
export async function captureNow(page: Page, logins: readonly string[], { wait = true } = {}): Promise<string> {
  const { channels } = await api<{ channels: { id: string; login: string }[] }>(page, 'GET', '/api/v1/channels')
  const ids = channels.filter((channel) => logins.includes(channel.login)).map((channel) => channel.id)
  const { session, jobs } = await api<Accepted>(page, 'POST', '/api/v1/captures', { channel_ids: ids })
  const done = async (id: string) => (await api<{ state: string }>(page, 'GET', `/api/v1/jobs/${id}`)).state
  if (wait) for (const job of jobs) await expect.poll(() => done(job.id), { timeout: 45_000 }).toBe('done')
  return session
}

export { expect }
