/** Every screen in every state it can be in, and how to get there. */
import type { Page } from '@playwright/test'

import * as samples from './samples'
import { goLive, HARBORLIGHT, PETITPIXEL } from './sim'
import { api, captureNow, described, expect, signIn } from './support'

type Way = (page: Page) => Promise<void>

export interface Screen {
  readonly name: string
  /** Where it is, when others are there too: opened for the first of them, and cleared with Escape for each that follows. */
  readonly on?: Way
  readonly open: Way
  /** What is done once more in a narrow window, where it is done otherwise. */
  readonly narrow?: Way
}

interface Known {
  /** The session with all that `prepare` captured. */
  readonly session: string
  readonly someone: string
  /** Where the screen is that is shown, unless it left more behind than Escape clears. */
  on?: Way | undefined
}
const walks = new WeakMap<Page, Known>()
function known(page: Page): Known {
  const walk = walks.get(page)
  if (!walk) throw new Error('the page is not prepared')
  return walk
}

/** Signs in and captures, so that no screen is empty; when this returns, nothing changes any more by itself. */
export async function prepare(page: Page): Promise<void> {
  // What cannot be done fails soon enough to tell on which screen.
  page.setDefaultTimeout(30_000)
  await goLive(HARBORLIGHT)
  await signIn(page, 'Lea_Modere')
  const session = await captureNow(page, ['harborlight', 'petitpixel'])
  await described(page, session)
  const first = `/api/v1/sessions/${session}/accounts?limit=1`
  const { people } = await api<{ people: { twitch_id: string }[] }>(page, 'GET', first)
  walks.set(page, { session, someone: people[0]!.twitch_id })
}

/** Opens a screen, whatever the one before left behind. */
export async function show(page: Page, screen: Screen): Promise<void> {
  const walk = known(page)
  await page.unrouteAll({ behavior: 'ignoreErrors' })
  await page.context().setOffline(false)
  const isThere = screen.on !== undefined && walk.on === screen.on
  // Nobody knows where a screen ends that fails to open.
  walk.on = undefined
  if (isThere) await clear(page)
  else await screen.on?.(page)
  await screen.open(page)
  walk.on = screen.on
}

async function clear(page: Page): Promise<void> {
  await page.keyboard.press('Escape')
  await expect(page.locator('dialog[open], :popover-open')).toHaveCount(0)
}

/** It is there already. */
const here: Way = () => Promise.resolve()

async function settled(page: Page): Promise<void> {
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  // Not the network's silence: the event stream never ends.
  await expect(page.locator('.skeleton, [aria-busy="true"]')).toHaveCount(0)
}

const goto = (path: string | ((walk: Known) => string)) => async (page: Page): Promise<void> => {
  await page.goto(typeof path === 'string' ? path : path(known(page)))
  await settled(page)
}
const ofSession = ({ session }: Known): string => `/sessions/${session}`
const ofComparison = ({ session }: Known): string => `/compare?a=session:${session}&b=channel:${PETITPIXEL}`

interface Said {
  channels?: object[]
  sessions?: object[]
  accounts?: number
  distinct_accounts?: number
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

/** Asked, and not answered. */
const hangs = (page: Page, path: string): Promise<unknown> => page.route(`**/api/v1${path}`, () => undefined)

/** The channels, each with `what` in place of what it had. */
const channelsWith = (page: Page, what: object): Promise<void> =>
  says(page, '/channels', (said) => ({ ...said, channels: said.channels?.map((one) => ({ ...one, ...what })) }))

/** An answer of ours in place of the API's, about the channels that are asked about. */
const answers = (page: Page, path: string, answer: (rooms: readonly string[], list: string | null) => object): Promise<unknown> =>
  page.route(`**/api/v1${path}`, (route) => {
    const query = new URL(route.request().url()).searchParams
    const rooms = query.getAll('channel')
    return route.fulfill({ json: answer(rooms.length > 0 ? rooms : samples.ROOMS, query.get('list')) })
  })

/** The network goes and comes back, and the page learns of both. */
async function blink(page: Page): Promise<void> {
  for (const offline of [true, false]) {
    await page.context().setOffline(offline)
    await expect.poll(() => page.evaluate(() => navigator.onLine)).toBe(!offline)
  }
}

/** A failure is told once the page has asked again in vain, with a way to ask once more; `part` asks when it is in sight. */
async function failed(page: Page, path: string, part?: string): Promise<void> {
  // Events of accounts that are still described would make the page ask again, and wait, and fail again.
  await page.route('**/api/v1/events', (route) => route.abort())
  await page.goto(path)
  if (part) await page.locator(part).scrollIntoViewIfNeeded()
  await expect(page.getByRole('alert').getByRole('button').first()).toBeVisible({ timeout: 30_000 })
}

async function channel(page: Page): Promise<void> {
  await goto('/channels/harborlight')(page)
  await expect(page.locator('canvas').first()).toBeVisible()
  await expect(page.getByRole('listbox').getByRole('option')).not.toHaveCount(0)
  await expect(page.getByRole('row').nth(1)).toBeVisible()
}

/** Down to the end and up again: the parts of a long page come when they are near. */
async function throughAll(page: Page): Promise<void> {
  for (const part of await page.locator('section.part').all()) {
    await part.scrollIntoViewIfNeeded()
    // Made when it is near, of code that may be on its way.
    await expect(part.locator('.words + *').first()).toBeAttached()
    await expect(part.locator('.skeleton')).toHaveCount(0)
  }
  await page.evaluate(() => scrollTo(0, 0))
}

async function wholeSession(page: Page): Promise<void> {
  await goto(ofSession)(page)
  await throughAll(page)
}

/** Every picture of the page as its table. */
async function asTables(page: Page): Promise<void> {
  const button = page.getByRole('button', { name: /^(Tableau|Table)$/ })
  await expect(button.first()).toBeVisible()
  for (let left = await button.count(); left > 0; left -= 1) {
    await button.first().click()
    await expect(button).toHaveCount(left - 1)
  }
  await page.evaluate(() => scrollTo(0, 0))
}

async function openDialog(page: Page, button: RegExp): Promise<void> {
  await page.getByRole('button', { name: button }).first().click()
  await expect(page.getByRole('dialog')).toBeVisible()
}

const sessions = goto('/sessions')
async function openMenu(page: Page): Promise<void> {
  await page.getByRole('button', { name: /Autres actions sur|More actions on/ }).first().click()
  // It is open once the focus is in it.
  await expect(page.getByRole('menuitem').first()).toBeFocused()
}
const openItem = (item: RegExp) => async (page: Page): Promise<void> => {
  await openMenu(page)
  await page.getByRole('menuitem', { name: item }).click()
  await expect(page.getByRole('dialog')).toBeVisible()
}

/** Messages go by themselves after some seconds: those of this page stay, however long one looks. */
const keepMessages: Way = (page) =>
  page.evaluate(() => {
    const later = globalThis.setTimeout.bind(globalThis) as (run: () => void, wait: number) => number
    Object.assign(globalThis, { setTimeout: (run: () => void, wait = 0) => (wait > 5_000 ? 0 : later(run, wait)) })
  })

/** On a phone the tools are in a menu. */
async function copyNames(page: Page): Promise<void> {
  const bar = page.getByRole('group', { name: /^(Actions sur les comptes|Actions on the accounts)/ })
  await expect(bar).toBeVisible()
  const menu = bar.getByRole('button', { name: /^(Autres actions|More actions)/ })
  if (await menu.isVisible()) await menu.click()
  await bar.getByText(/^(Copier les noms|Copy names)$/).filter({ visible: true }).click()
  await expect(page.locator('.toast').first()).toBeVisible()
}

/** Two captures: one that is under way, and one that was given up. */
async function captures(page: Page): Promise<void> {
  await page.route('**/api/v1/captures', async (route) => {
    const { channel_ids: ids } = route.request().postDataJSON() as { channel_ids: string[] }
    const jobs = ids.map((id) => ({ id: `9${id}`, channel_id: id, capture_id: '1', state: 'ready' }))
    await route.fulfill({ status: 202, json: { session: known(page).session, jobs } })
  })
  await page.route('**/api/v1/jobs/9*', async (route) => {
    const id = new URL(route.request().url()).pathname.split('/').at(-1)!
    const job = { id, kind: 'capture_chatters', max_attempt: 5, channel_id: id.slice(1), capture_id: '1' }
    await route.fulfill({ json: { ...job, run_at: new Date().toISOString(), ...samples.JOBS[Number(id) % 2] } })
  })
  await goto('/channels')(page)
  for (const name of ['PetitPixel', 'HarborLight']) {
    await page.getByRole('button', { name: new RegExp(`^(Capturer|Capture) ${name}$`) }).click()
  }
  await expect(page.getByText(/^Page 12 /)).toBeVisible()
  await expect(page.getByText(/^(Échec après|Failed after) 5 /)).toBeVisible()
}

/** Every part of a session with much to say: the courses of all, then one channel's, and who is missing. */
async function richSession(page: Page): Promise<void> {
  await answers(page, '/sessions/*/evolution*', samples.evolution)
  await answers(page, '/sessions/*/newcomers*', samples.newcomers)
  await answers(page, '/sessions/*/raids*', samples.raids)
  await answers(page, '/sessions/*/participation*', samples.participation)
  await answers(page, '/sessions/*/retention*', samples.retention)
  await answers(page, '/sessions/*/renames*', samples.renames)
  await answers(page, '/sessions/*/overlap*', samples.overlap)
  await wholeSession(page)
  const table = (name: RegExp) => page.getByRole('table', { name })
  const triangle = table(/^(Qui revient|Who comes back)$/)

  await expect(page.getByRole('img', { name: /^HarborLight: / })).toBeVisible()
  await expect(page.getByRole('img', { name: /^PetitPixel: / })).toBeVisible()
  await expect(triangle.getByRole('row')).toHaveCount(11)
  await expect(table(/^Raids$/).getByRole('row')).toHaveCount(3)
  await expect(table(/^(Les plus assidus|Most regular)$/)).toBeVisible()
  await expect(table(/^(Chaînes en commun|Channels in common)$/).getByRole('row')).toHaveCount(4)

  await page.getByRole('button', { name: /^(Ne montrer que|Show only) HarborLight$/ }).click()
  await page.locator('#evolution').scrollIntoViewIfNeeded()
  await expect(page.locator('#evolution canvas').first()).toBeVisible()
  await page.getByRole('radiogroup', { name: /^(Quelle liste|Which list)$/ }).getByText(/^(Habitués absents|Missing regulars)$/).click()
  await expect(table(/^(Habitués absents|Missing regulars)$/)).toBeVisible()
  await expect(triangle.getByRole('row')).toHaveCount(6)
  await expect(table(/^Raids$/).getByRole('row')).toHaveCount(2)
  await expect(table(/^Raids$/).getByRole('cell', { name: /398 \(96\s?%\)$/ })).toBeVisible()
  await expect(triangle.getByRole('cell', { name: /^35\s?%$/ }).first()).toBeVisible()
  await expect(page.getByText(/^(Il faut au moins deux chaînes|It takes at least two channels)/)).toBeVisible()
  for (const bars of [/^(Captures suivies|Captures attended)$/, /^(Temps estimé|Estimated time)$/, /^1\D?846\s(nouveaux|newcomers)$/]) {
    await expect(page.getByRole('figure', { name: bars }).getByRole('list')).toBeVisible()
  }
  await expect(page.locator('#renames').getByRole('listitem')).toHaveCount(samples.RENAMES.length)
  await page.evaluate(() => scrollTo(0, 0))
}

const channels = goto('/channels')
const settings = goto('/settings')
const comparison = goto(ofComparison)

/** The last ones end the login. Those `on` the same page stand together. */
export const screens: readonly Screen[] = [
  { name: 'channels', on: channels, open: here },
  {
    name: 'account-menu',
    on: channels,
    open: async (page) => {
      await page.getByRole('button', { name: /Compte de|’s account/ }).click()
      await expect(page.getByRole('button', { name: /Se déconnecter|Log out/ })).toBeVisible()
    },
  },
  {
    name: 'channels-offline',
    on: channels,
    open: async (page) => {
      await page.context().setOffline(true)
      await expect(page.getByText(/Vous êtes hors ligne|You are offline/)).toBeVisible()
    },
  },
  {
    name: 'channels-loading',
    open: async (page) => {
      await hangs(page, '/channels')
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
      await channelsWith(page, { live: null, recent: samples.RECENT, schedule: samples.schedule('token_lost') })
      await goto('/channels')(page)
      await page.getByRole('button', { name: /^(Dernier direct|Last broadcast)/ }).first().click()
      await expect(page.getByRole('table')).toBeVisible()
    },
  },
  {
    name: 'channels-schedule',
    open: async (page) => {
      await channelsWith(page, { schedule: samples.schedule(null) })
      await goto('/channels')(page)
      await openDialog(page, /^(toutes les|every) 5 min/)
    },
  },
  { name: 'channels-captures', open: captures },
  { name: 'channel', on: channel, open: here },
  { name: 'channel-tables', on: channel, open: asTables },
  {
    // Dates and somebody picked, and a message.
    name: 'channel-picked',
    open: async (page) => {
      await channel(page)
      const bars = page.getByRole('listbox')
      await bars.press('Home')
      await expect(page).toHaveURL(/from=/)
      const first = page.url()
      await bars.press('Shift+End')
      // Who is picked is dropped with the dates that they were picked in.
      await expect(page).not.toHaveURL(first)
      await expect(page.getByRole('heading', { name: /^(Comptes créés|Accounts created)/ })).toBeVisible()
      await page.getByRole('grid').press('Space')
      await keepMessages(page)
      await copyNames(page)
    },
    narrow: copyNames,
  },
  {
    name: 'channel-loading',
    open: async (page) => {
      await hangs(page, '/{streams,channels}/*/{evolution,creations,newcomers,raids,accounts}*')
      await page.goto('/channels/harborlight')
      await expect(page.getByText(/^(En cours de chargement|Still loading)/)).toBeVisible()
      await expect(page.locator('.skeleton').first()).toBeVisible()
    },
  },
  {
    // The first accounts of a large room, and the next ones on their way.
    name: 'channel-coming',
    open: async (page) => {
      const path = '/{streams,channels}/*/accounts*'
      await says(page, path, (said) => ({ ...said, accounts: (said.accounts ?? 0) + 12_000, next_cursor: 'more' }))
      await hangs(page, `${path}cursor=more*`)
      await channel(page)
      await expect(page.getByText(/la suite arrive|more are coming/)).toBeVisible()
    },
  },
  {
    // More accounts than one list holds.
    name: 'channel-crowd',
    open: async (page) => {
      await says(page, '/{streams,channels}/*/creations*', (said) => ({ ...said, accounts: 61_204 }))
      await goto('/channels/harborlight')(page)
      await expect(page.getByText(/sont trop pour une seule liste|are too many for one list/)).toBeVisible()
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
  { name: 'sessions', on: sessions, open: here },
  { name: 'sessions-menu', on: sessions, open: openMenu },
  { name: 'session-save', on: sessions, open: (page) => openDialog(page, /^(Enregistrer|Save) [«“]/) },
  { name: 'session-rename', on: sessions, open: openItem(/Renommer|Rename/) },
  { name: 'session-purge', on: sessions, open: openItem(/Vider|Empty/) },
  { name: 'session-delete', on: sessions, open: openItem(/Supprimer|Delete/) },
  {
    // As many are kept as may be: which one is to go?
    name: 'session-save-full',
    open: async (page) => {
      await says(page, '/sessions', ({ sessions: all = [] }) => ({
        sessions: [...all, ...samples.SAVED.map((saved) => ({ ...all[0], ...saved }))],
      }))
      await page.route('**/api/v1/sessions/*/save', (route) =>
        route.fulfill({ status: 409, json: { code: 'too_many_saved_sessions', limit: samples.SAVED.length } }),
      )
      await goto('/sessions')(page)
      await openDialog(page, /^(Enregistrer|Save) [«“]/)
      const dialog = page.getByRole('dialog')
      await dialog.getByRole('button', { name: /^(Enregistrer|Save)$/ }).click()
      await expect(dialog.getByRole('group', { name: /^(Vous gardez déjà|You already keep) 2 / })).toBeVisible()
      await expect(dialog.getByRole('radio').first()).toBeFocused()
    },
  },
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
      await blink(page)
      await expect(page.getByText(/^(Ces chiffres|These figures)/)).toBeVisible()
    },
  },
  { name: 'session', on: wholeSession, open: here },
  { name: 'session-export', on: wholeSession, open: (page) => openDialog(page, /^(Exporter|Export)$/) },
  { name: 'session-tables', on: wholeSession, open: asTables },
  { name: 'session-rich', open: richSession },
  {
    // Just captured: Twitch is still asked about the accounts, and no part is answered yet.
    name: 'session-partial',
    open: async (page) => {
      await says(page, '/sessions/*/summary', (said) => ({ ...said, enriched_accounts: Math.floor((said.distinct_accounts ?? 0) / 3) }))
      await hangs(page, '/sessions/*/{evolution,creations,newcomers,raids,participation,retention,renames,overlap}*')
      await page.goto(ofSession(known(page)))
      await expect(page.getByText(/^(Résultats partiels|Partial results)/)).toBeVisible()
      await page.locator('#evolution').scrollIntoViewIfNeeded()
      await expect(page.locator('#evolution .skeleton').first()).toBeVisible()
      await page.evaluate(() => scrollTo(0, 0))
    },
  },
  {
    name: 'session-empty',
    open: async (page) => {
      await says(page, '/sessions/*/summary', (said) => ({ ...said, coverage: { captures: 0 } }))
      await goto(ofSession)(page)
      await expect(page.getByRole('link', { name: /^(Choisir une chaîne|Choose a channel)/ })).toBeVisible()
    },
  },
  {
    name: 'session-failed',
    open: async (page) => {
      await fails(page, '/sessions/*/evolution*')
      await failed(page, ofSession(known(page)), '#evolution')
    },
  },
  {
    name: 'session-summary-failed',
    open: async (page) => {
      await fails(page, '/sessions/*/summary')
      await failed(page, ofSession(known(page)))
    },
  },
  {
    // The login ends while one reads; one puts the question aside and reads on. Only the answers say so: the next screens need it.
    name: 'session-expired',
    open: async (page) => {
      await goto(ofSession)(page)
      await page.route('**/api/v1/**', (route) => route.fulfill({ status: 401, json: { code: 'not_authenticated' } }))
      // The stream of events is asked for again.
      await blink(page)
      await page.getByRole('dialog').getByRole('button', { name: /^(Continuer à lire|Keep reading)$/ }).click()
      await expect(page.getByText(/rien n’est plus actualisé|nothing is refreshed any more/)).toBeVisible()
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
  { name: 'compare', on: comparison, open: here },
  {
    // Asked while already offline: the other way round, which nobody asked before.
    name: 'compare-offline',
    on: comparison,
    open: async (page) => {
      await page.context().setOffline(true)
      await page.getByRole('button', { name: /^(Échanger les deux côtés|Swap the two sides)$/ }).click()
      await expect(page.getByText(/Vous êtes hors ligne|You are offline/)).toBeVisible()
      await expect(page.getByRole('alert').getByRole('button').first()).toBeVisible()
    },
  },
  {
    name: 'compare-failed',
    open: async (page) => {
      await fails(page, '/captures/compare*')
      await failed(page, ofComparison(known(page)))
    },
  },
  { name: 'account', open: goto(({ someone }) => `/accounts/${someone}`) },
  {
    name: 'account-rich',
    open: async (page) => {
      await answers(page, '/accounts/*', samples.viewer)
      await goto(`/accounts/${samples.VIEWER.twitch_id}`)(page)
      const strips = page.getByRole('img', { name: /^(Vu dans|Seen in) \d+ / })
      await expect(strips).toHaveCount(3)
      for (const strip of await strips.all()) await expect(strip).toBeVisible()
      await expect(page.getByRole('region', { name: /^(Noms|Names)$/ }).getByRole('listitem')).toHaveCount(3)
    },
  },
  {
    name: 'account-unknown',
    open: async (page) => {
      await goto('/accounts/1')(page)
      await expect(page.getByRole('alert')).toBeVisible()
    },
  },
  { name: 'settings', on: settings, open: here },
  { name: 'settings-forget', on: settings, open: (page) => openDialog(page, /^(Tout supprimer|Delete everything)/) },
  { name: 'privacy', open: goto('/privacy') },
  { name: 'privacy-gone', open: goto('/privacy?gone=yes') },
  { name: 'not-found', open: goto('/nowhere') },
  { name: 'landing-denied', open: goto('/?error=access_denied') },
  {
    name: 'login-expired',
    open: async (page) => {
      await goto('/channels')(page)
      await page.context().clearCookies()
      // Whoever asks first finds out: the link may lie below the dialog already.
      await page.getByRole('link', { name: 'Sessions', exact: true }).dispatchEvent('click')
      await expect(page.getByRole('dialog')).toBeVisible()
    },
  },
  { name: 'landing', open: goto('/') },
  { name: 'landing-return', open: goto('/sessions') },
]
