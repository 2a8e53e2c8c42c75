/** What every journey shares: a page that may not break our Content-Security-Policy, and how to sign in. */
import { expect, test as base, type BrowserContext, type Page } from '@playwright/test'

import { stayLive } from './sim'

interface Fixtures {
  /** Everything that went wrong in the page by itself: refused by the policy, or thrown and not caught. */
  mishaps: string[]
}

interface WorldFixtures {
  /** No broadcast begins or ends by the simulated calendar while the journeys last. */
  calm: undefined
}

export const test = base.extend<Fixtures, WorldFixtures>({
  calm: [
    // The demo has a calendar of its own.
    async ({}, use) => {
      if (process.env.E2E_SIM_URL) await stayLive()
      await use(undefined)
    },
    { scope: 'worker', auto: true },
  ],
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

const logins = new Map<string, Awaited<ReturnType<BrowserContext['cookies']>>>()

/** Opens a page of somebody who is signed in. Only their first login is walked through: journeys about logins use `signIn`. */
export async function enter(page: Page, person: string, path = '/channels'): Promise<void> {
  const login = logins.get(person)
  if (!login) {
    await signIn(page, person, `/?return_to=${path}`)
    logins.set(person, await page.context().cookies(new URL(page.url()).origin))
    return
  }
  await page.context().addCookies(login)
  await page.goto(path)
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

/** Waits until Twitch has been asked about all accounts of a session: then nothing is asked again by itself. */
export async function described(page: Page, session: string): Promise<void> {
  const waiting = async () => {
    const said = await api<{ distinct_accounts: number; enriched_accounts: number }>(page, 'GET', `/api/v1/sessions/${session}/summary`)
    return said.distinct_accounts - said.enriched_accounts
  }
  await expect.poll(waiting, { message: 'accounts that are not described', timeout: 45_000 }).toBe(0)
}

/** Captures asked for within the same ten seconds are one: when this returns, the next one is another. */
export async function nextCapture(): Promise<void> {
  const slot = () => Math.floor(Date.now() / 10_000)
  const former = slot()
  await expect.poll(slot, { intervals: [100], timeout: 12_000 }).toBeGreaterThan(former)
}

/** What is wider than the window: the page, or what is open above it, each with what makes it so. */
export const tooWide = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const boxes = [document.documentElement, ...document.querySelectorAll('dialog[open], :popover-open')]
    const right = (one: Element) => one.getBoundingClientRect().right
    return boxes
      .filter((box) => box.scrollWidth > box.clientWidth || right(box) > innerWidth || box.getBoundingClientRect().left < 0)
      .map((box) => {
        const first = [...box.querySelectorAll('*')].find((one) => right(one) > right(box))
        return `${box.tagName} of ${box.scrollWidth}: ${first?.outerHTML.slice(0, 120) ?? ''}`
      })
  })

export { expect }
