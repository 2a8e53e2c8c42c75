/** Every screen in every state it can be in, and how to get there. */
import type { Page } from '@playwright/test'

import { goLive, HARBORLIGHT } from './sim'
import { api, captureNow, expect, signIn } from './support'

export interface Screen {
  readonly name: string
  readonly open: (page: Page) => Promise<void>
}

/** Signs in and captures, so that no screen is empty. */
export async function prepare(page: Page): Promise<void> {
  await goLive(HARBORLIGHT)
  await signIn(page, 'Lea_Modere')
  await captureNow(page, ['harborlight', 'petitpixel'])
}

/** Opens a screen, whatever the one before left behind. */
export async function show(page: Page, screen: Screen): Promise<void> {
  await page.unrouteAll({ behavior: 'ignoreErrors' })
  await page.context().setOffline(false)
  await screen.open(page)
}

async function settled(page: Page): Promise<void> {
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  // Not the network's silence: the event stream never ends.
  await expect(page.locator('.skeleton')).toHaveCount(0)
}

const goto = (path: string) => async (page: Page): Promise<void> => {
  await page.goto(path)
  await settled(page)
}

interface Listed {
  sessions: { uuid: string; captures: number }[]
}
const session = async (page: Page): Promise<string> => {
  const { sessions } = await api<Listed>(page, 'GET', '/api/v1/sessions')
  return sessions.find((one) => one.captures > 0)!.uuid
}
const someone = async (page: Page): Promise<string> => {
  const path = `/api/v1/sessions/${await session(page)}/accounts?limit=1`
  return (await api<{ people: { twitch_id: string }[] }>(page, 'GET', path)).people[0]!.twitch_id
}

interface Said {
  channels?: object[]
}
/** What the API says, changed on the way: states that come by themselves only now and then. */
async function says(page: Page, path: string, change: (said: Said) => unknown): Promise<void> {
  await page.route(`**/api/v1${path}`, async (route) => {
    const response = await route.fetch()
    await route.fulfill({ response, json: change((await response.json()) as Said) })
  })
}
const fails = (page: Page, path: string): Promise<unknown> =>
  page.route(`**/api/v1${path}`, (route) =>
    route.fulfill({ status: 503, json: { code: 'upstream_unavailable', request_id: '0198b6a0-0000-7000-8000-000000000001' } }),
  )

/** The channels, each with `what` in place of what it had. */
const channelsWith = (page: Page, what: object): Promise<void> =>
  says(page, '/channels', (said) => ({ ...said, channels: said.channels?.map((one) => ({ ...one, ...what })) }))

/** A failure is told once the page has asked again in vain, with a way to ask once more; `part` asks when it is in sight. */
async function failed(page: Page, path: string, part?: string): Promise<void> {
  // Events of accounts that are still described would make the page ask again, and wait, and fail again.
  await page.route('**/api/v1/events', (route) => route.abort())
  await page.goto(path)
  if (part) await page.locator(part).scrollIntoViewIfNeeded()
  await expect(page.getByRole('alert').getByRole('button').first()).toBeVisible({ timeout: 30_000 })
}

async function openChannel(page: Page): Promise<void> {
  await goto('/channels/harborlight')(page)
  await expect(page.locator('canvas').first()).toBeVisible()
  await expect(page.getByRole('listbox')).toBeVisible({ timeout: 45_000 })
  await expect(page.getByRole('row').nth(1)).toBeVisible()
}

/** Down to the end and up again: the parts of a long page come when they are near. */
async function throughAll(page: Page): Promise<void> {
  for (const part of await page.locator('section.part').all()) {
    await part.scrollIntoViewIfNeeded()
    await expect(part.locator('.skeleton')).toHaveCount(0)
  }
  await page.evaluate(() => scrollTo(0, 0))
}

/** Every picture of the page as its table. */
async function asTables(page: Page): Promise<void> {
  const button = page.getByRole('button', { name: /^(Tableau|Table)$/ })
  await expect(button.first()).toBeVisible()
  while ((await button.count()) > 0) await button.first().click()
  await page.evaluate(() => scrollTo(0, 0))
}

async function openDialog(page: Page, button: RegExp): Promise<void> {
  await page.getByRole('button', { name: button }).first().click()
  await expect(page.getByRole('dialog')).toBeVisible()
}

const more = /Autres actions sur|More actions on/
const openItem = (item: RegExp) => async (page: Page): Promise<void> => {
  await goto('/sessions')(page)
  await page.getByRole('button', { name: more }).first().click()
  await page.getByRole('menuitem', { name: item }).click()
  await expect(page.getByRole('dialog')).toBeVisible()
}

const PROGRESS = { pages: 12, pages_total: 31, chatters: 12_000, total: 30_412 }
/** Two captures: one that is under way, and one that was given up. */
async function captures(page: Page): Promise<void> {
  await page.route('**/api/v1/captures', async (route) => {
    const { channel_ids: ids } = route.request().postDataJSON() as { channel_ids: string[] }
    const jobs = ids.map((id) => ({ id: `9${id}`, channel_id: id, capture_id: '1', state: 'ready' }))
    await route.fulfill({ status: 202, json: { session: '0198b6a0-0000-7000-8000-000000000001', jobs } })
  })
  const states = [
    { state: 'running', attempt: 1, last_error: null, progress: PROGRESS },
    { state: 'dead', attempt: 5, last_error: 'not_moderator: gone', progress: null },
  ]
  await page.route('**/api/v1/jobs/9*', async (route) => {
    const id = new URL(route.request().url()).pathname.split('/').at(-1)!
    const known = { id, kind: 'capture_chatters', max_attempt: 5, channel_id: id.slice(1), capture_id: '1' }
    await route.fulfill({ json: { ...known, run_at: new Date().toISOString(), ...states[Number(id) % 2] } })
  })
  await goto('/channels')(page)
  for (const name of ['PetitPixel', 'HarborLight']) {
    await page.getByRole('button', { name: new RegExp(`^(Capturer|Capture) ${name}$`) }).click()
  }
  await expect(page.getByText(/^Page 12 /)).toBeVisible()
  await expect(page.getByText(/^(Échec après|Failed after) 5 /)).toBeVisible()
}

/** The last ones end the login. */
export const screens: readonly Screen[] = [
  { name: 'channels', open: goto('/channels') },
  {
    name: 'channels-loading',
    open: async (page) => {
      await page.route('**/api/v1/channels', () => undefined)
      await page.goto('/channels')
      await expect(page.locator('.skeleton').first()).toBeVisible()
    },
  },
  {
    name: 'channels-empty',
    open: async (page) => {
      await says(page, '/channels', () => ({ channels: [], stale: false }))
      await goto('/channels')(page)
      await expect(page.getByRole('heading', { name: /^(Aucune chaîne|No channel)/ })).toBeVisible()
    },
  },
  {
    name: 'channels-failed',
    open: async (page) => {
      await fails(page, '/channels')
      await failed(page, '/channels')
    },
  },
  {
    // Twitch does not answer, and honours neither the grant nor a schedule any more; the last broadcast in numbers.
    name: 'channels-troubled',
    open: async (page) => {
      await says(page, '/me', (said) => ({ ...said, grant: 'lost' }))
      const schedule = { interval_minutes: 5, only_live: true, next_slot: new Date().toISOString(), paused_reason: 'token_lost' }
      const at = (minute: number) => new Date(Date.UTC(2026, 10, 23, 20, minute)).toISOString()
      const recent = [2300, 2412, null, 2380, 2466].map((chatters, i) => ({ at: at(5 * i), chatters }))
      await channelsWith(page, { live: null, recent, schedule })
      await goto('/channels')(page)
      await page.getByRole('button', { name: /^(Dernier direct|Last broadcast)/ }).first().click()
      await expect(page.getByRole('table')).toBeVisible()
    },
  },
  {
    name: 'channels-schedule',
    open: async (page) => {
      const schedule = { interval_minutes: 5, only_live: true, next_slot: new Date().toISOString(), paused_reason: null }
      await channelsWith(page, { schedule })
      await goto('/channels')(page)
      await openDialog(page, /^(toutes les|every) 5 min/)
    },
  },
  { name: 'channels-captures', open: captures },
  {
    name: 'channels-offline',
    open: async (page) => {
      await goto('/channels')(page)
      await page.context().setOffline(true)
      await expect(page.getByText(/Vous êtes hors ligne|You are offline/)).toBeVisible()
    },
  },
  { name: 'channel', open: openChannel },
  {
    name: 'channel-tables',
    open: async (page) => {
      await openChannel(page)
      await asTables(page)
    },
  },
  {
    // Dates and somebody picked, and a message.
    name: 'channel-picked',
    open: async (page) => {
      await openChannel(page)
      await page.getByRole('listbox').press('Home')
      await page.getByRole('listbox').press('Shift+End')
      await page.getByRole('grid').press('Space')
      const bar = page.getByRole('group', { name: /^(Actions sur les comptes|Actions on the accounts)/ })
      // On a phone the tools are in a menu.
      const menu = bar.getByRole('button', { name: /^(Autres actions|More actions)/ })
      if (await menu.isVisible()) await menu.click()
      await bar.getByText(/^(Copier les noms|Copy names)$/).filter({ visible: true }).click()
      await expect(page.locator('.toast')).toBeVisible()
    },
  },
  {
    name: 'channel-empty',
    open: async (page) => {
      await channelsWith(page, { last_capture: null })
      await says(page, '/channels/*/streams', () => ({ streams: [] }))
      await goto('/channels/harborlight')(page)
      await expect(page.getByRole('heading', { name: /^(Aucune capture|No capture)/ })).toBeVisible()
    },
  },
  {
    name: 'channel-failed',
    open: async (page) => {
      await fails(page, '/{streams,channels}/*/{evolution,creations,accounts}*')
      await failed(page, '/channels/harborlight')
    },
  },
  { name: 'channel-unknown', open: goto('/channels/nobody') },
  {
    name: 'account-menu',
    open: async (page) => {
      await goto('/channels')(page)
      await page.getByRole('button', { name: /Compte de|’s account/ }).click()
      await expect(page.getByRole('button', { name: /Se déconnecter|Log out/ })).toBeVisible()
    },
  },
  { name: 'sessions', open: goto('/sessions') },
  {
    name: 'sessions-empty',
    open: async (page) => {
      await says(page, '/sessions', () => ({ sessions: [] }))
      await goto('/sessions')(page)
      await expect(page.getByRole('link', { name: /^(Choisir une chaîne|Choose a channel)/ })).toBeVisible()
    },
  },
  {
    name: 'sessions-failed',
    open: async (page) => {
      await fails(page, '/sessions')
      await failed(page, '/sessions')
    },
  },
  {
    name: 'sessions-stale',
    open: async (page) => {
      await goto('/sessions')(page)
      await fails(page, '/sessions')
      await page.context().setOffline(true)
      await page.context().setOffline(false)
      await expect(page.getByText(/^(Ces chiffres|These figures)/)).toBeVisible()
    },
  },
  {
    name: 'sessions-menu',
    open: async (page) => {
      await goto('/sessions')(page)
      await page.getByRole('button', { name: more }).first().click()
      await expect(page.getByRole('menu')).toBeVisible()
    },
  },
  {
    name: 'session-save',
    open: async (page) => {
      await goto('/sessions')(page)
      await openDialog(page, /^(Enregistrer|Save) [«“]/)
    },
  },
  { name: 'session-rename', open: openItem(/Renommer|Rename/) },
  { name: 'session-purge', open: openItem(/Vider|Empty/) },
  { name: 'session-delete', open: openItem(/Supprimer|Delete/) },
  {
    name: 'session',
    open: async (page) => {
      await goto(`/sessions/${await session(page)}`)(page)
      await throughAll(page)
    },
  },
  {
    name: 'session-tables',
    open: async (page) => {
      await goto(`/sessions/${await session(page)}`)(page)
      await throughAll(page)
      await asTables(page)
    },
  },
  {
    name: 'session-export',
    open: async (page) => {
      await goto(`/sessions/${await session(page)}`)(page)
      await openDialog(page, /^(Exporter|Export)$/)
    },
  },
  {
    name: 'session-empty',
    open: async (page) => {
      const path = `/sessions/${await session(page)}`
      await says(page, '/sessions/*/summary', (said) => ({ ...said, coverage: { captures: 0 } }))
      await goto(path)(page)
      await expect(page.getByRole('link', { name: /^(Choisir une chaîne|Choose a channel)/ })).toBeVisible()
    },
  },
  {
    name: 'session-failed',
    open: async (page) => {
      const path = `/sessions/${await session(page)}`
      await fails(page, '/sessions/*/evolution*')
      await failed(page, path, '#evolution')
    },
  },
  {
    name: 'session-unknown',
    open: async (page) => {
      await goto('/sessions/0198b6a0-0000-7000-8000-000000000001')(page)
      await expect(page.getByRole('alert')).toBeVisible()
    },
  },
  { name: 'compare-empty', open: goto('/compare') },
  { name: 'compare', open: async (page) => goto(`/compare?a=session:${await session(page)}&b=channel:10000002`)(page) },
  {
    name: 'compare-failed',
    open: async (page) => {
      const path = `/compare?a=session:${await session(page)}&b=channel:10000002`
      await fails(page, '/captures/compare*')
      await failed(page, path)
    },
  },
  { name: 'account', open: async (page) => goto(`/accounts/${await someone(page)}`)(page) },
  {
    name: 'account-unknown',
    open: async (page) => {
      await goto('/accounts/1')(page)
      await expect(page.getByRole('alert')).toBeVisible()
    },
  },
  { name: 'settings', open: goto('/settings') },
  {
    name: 'settings-forget',
    open: async (page) => {
      await goto('/settings')(page)
      await openDialog(page, /^(Tout supprimer|Delete everything)/)
    },
  },
  { name: 'privacy', open: goto('/privacy') },
  { name: 'privacy-gone', open: goto('/privacy?gone=yes') },
  { name: 'not-found', open: goto('/nowhere') },
  { name: 'landing-denied', open: goto('/?error=access_denied') },
  {
    name: 'login-expired',
    open: async (page) => {
      await goto('/channels')(page)
      await page.context().clearCookies()
      await page.getByRole('link', { name: 'Sessions', exact: true }).click()
      await expect(page.getByRole('dialog')).toBeVisible()
    },
  },
  { name: 'landing', open: goto('/') },
  { name: 'landing-return', open: goto('/sessions') },
]
