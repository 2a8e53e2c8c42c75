/** Every screen in every state it can be in, and how to get there. */
import type { Page } from '@playwright/test'

import type { components } from '../src/api/schema'
import { goLive, GRANDEVAGUE, HARBORLIGHT, PETITPIXEL } from './sim'
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

type Wire = components['schemas']

const upTo = (end: number): number[] => Array.from({ length: end }, (_, i) => i)

// What weeks of captures say of two channels, where the tests' own world has one capture of each: six evenings of two
// hours, a capture every five minutes, some of which failed, and a raid in the last.
const ROOMS = [HARBORLIGHT, PETITPIXEL]
const EVENINGS = upTo(6)
const FAILED = [7, 8, 9, 19]
const TAKEN = upTo(26).filter((i) => !FAILED.includes(i))
const timeOf = (evening: number, minute = 0): string => new Date(Date.UTC(2026, 10, 17 + evening, 19, minute)).toISOString()
const streamOf = (room: string, evening: number): string => `${room}${evening}`
const coverageOf = (rooms: readonly string[]): Wire['Coverage'] => ({
  captures: rooms.length * EVENINGS.length * TAKEN.length,
  gaps: rooms.length * EVENINGS.length * FAILED.length,
  first_captured_at: timeOf(0),
  last_captured_at: timeOf(5, 125),
})

const pointsOf = (room: string): Wire['EvolutionPoint'][] =>
  EVENINGS.flatMap((evening) =>
    TAKEN.map((i): Wire['EvolutionPoint'] => {
      const raiders = room === HARBORLIGHT && evening === 5 && i > 12 ? 412 : 0
      const chatters = raiders + Math.round((room === HARBORLIGHT ? 2_300 : 190) * (0.7 + 0.3 * Math.sin(i / 8 + evening)))
      const fresh = Math.round(chatters * (evening === 0 ? 0.3 : 0.02))
      const isFirst = evening === 0 && i === 0
      return {
        capture_id: `${streamOf(room, evening)}${i}`,
        captured_at: timeOf(evening, 5 * i),
        channel_id: room,
        stream_id: streamOf(room, evening),
        chatters,
        uncertain: i % 10 === 3 ? 4 : 0,
        viewers: Math.round(chatters * 1.2),
        arrived: isFirst ? null : fresh + 12 + (i === 13 ? raiders : 0),
        left: isFirst ? null : 9 + (i % 7),
        new: fresh,
        returning: chatters - fresh,
        gap_before: !isFirst && !TAKEN.includes(i - 1),
      }
    }),
  )
const markersOf = (room: string): Wire['Marker'][] =>
  EVENINGS.flatMap((evening): Wire['Marker'][] => {
    const known = { channel_id: room, stream_id: streamOf(room, evening) }
    const raid = { from_channel_id: GRANDEVAGUE, from_login: 'grandevague', raid_id: `9${room}`, viewers: 412 }
    return [
      { ...known, kind: 'stream_start', at: timeOf(evening, -4), title: 'Speedrun du soir' },
      ...(evening === 5 ? [{ ...raid, kind: 'raid' as const, at: timeOf(evening, 62), channel_id: room }] : []),
      { ...known, kind: 'stream_end', at: timeOf(evening, 131) },
    ]
  })
const evolution = (rooms: readonly string[]): Wire['Evolution'] => ({
  coverage: coverageOf(rooms),
  points: rooms.flatMap(pointsOf),
  markers: rooms.flatMap(markersOf),
})

// One in another script than its login, and one as long as Twitch allows.
const PEOPLE = [
  ...['Noctilune', 'Gaufre_42', 'bretzel_froid', 'Mira_Sol', '小松さん', 'TheQuietOne'],
  ...['Paquerette', 'oursonpolaire', 'Zed_Lapin', 'NebuleuseDuCrabeEtDuLion2', 'Lichen', 'kiwi'],
]
const personOf = (i: number): Wire['Person'] => {
  const name = PEOPLE[i]!
  const created = new Date(Date.UTC(2014 + i, i % 12, 3 + i, 9))
  return {
    twitch_id: `${24_000_000 + i}`,
    login: /^\w+$/.test(name) ? name.toLowerCase() : 'komatsu_san',
    display_name: name,
    created_at: created.toISOString(),
  }
}

const ORIGINS: readonly Wire['Origin'][] = ['organic', 'raid', 'wave']
const newcomers = (rooms: readonly string[]): Wire['Newcomers'] => ({
  coverage: coverageOf(rooms),
  newcomers: 1_846,
  by_raid: 311,
  by_wave: 87,
  came_back: 402,
  people: PEOPLE.map((_, i) => ({
    ...personOf(i),
    age_days: 410 * (11 - i),
    came_back: i % 3 === 0,
    capture_id: '1',
    channel_id: rooms[i % rooms.length]!,
    first_seen_at: timeOf(i % 6, 15),
    origin: ORIGINS[i % 3]!,
  })),
  next_cursor: 'more',
})

const bucket = ([from, to, accounts]: readonly [number, number | null, number]): Wire['Bucket'] => ({ from, to, accounts })
function participation(rooms: readonly string[], list: string | null): Wire['Participation'] {
  const seen = list === 'missing' ? { broadcasts: 4, streak: 0, absent_for: 2 } : { broadcasts: 6, streak: 6, absent_for: 0 }
  const captures = [[1, 1, 1_904], [2, 3, 811], [4, 7, 540], [8, 15, 402], [16, 31, 233], [32, 63, 141], [64, null, 88]] as const
  const minutes = [[0, 14, 2_010], [15, 29, 702], [30, 59, 611], [60, 119, 430], [120, 239, 244], [240, null, 122]] as const
  return {
    coverage: coverageOf(rooms),
    accounts: 4_119,
    captures_attended: captures.map(bucket),
    minutes: minutes.map(bucket),
    people: PEOPLE.map((_, i) => ({
      ...personOf(i),
      ...seen,
      broadcasts_since_first: 6,
      captures: 130 - 8 * i,
      channel_id: rooms[i % rooms.length]!,
      minutes: 652 - 47 * i,
    })),
    next_cursor: null,
  }
}

const ARRIVALS = [1_204, 96, 73, 88, 64, 321]
const retention = (rooms: readonly string[]): Wire['Retention'] => ({
  coverage: coverageOf(rooms),
  cohorts: rooms.flatMap((room) =>
    EVENINGS.map((evening): Wire['Cohort'] => {
      const part = (share: number) => {
        const newcomers = Math.round(ARRIVALS[evening]! * share)
        return { newcomers, back: upTo(5 - evening).map((later) => Math.round(newcomers * 0.35 * 0.8 ** later)) }
      }
      return {
        ...part(1),
        by_origin: ORIGINS.map((origin, i) => ({ origin, ...part([0.7, 0.2, 0.1][i]!) })),
        channel_id: room,
        first_captured_at: timeOf(evening),
        stream_id: streamOf(room, evening),
      }
    }),
  ),
})

const formerly = (logins: readonly string[]): Wire['FormerName'][] =>
  logins.map((login, i) => ({ login, display_name: login, replaced_at: timeOf(i, 40) }))
const RENAMES = [['noctule'], ['gaufre', 'gaufre_au_sucre'], ['bretzel', 'bretzel_chaud', 'bretzel_tiede'], ['solmira']]
const renames = (rooms: readonly string[]): Wire['Renames'] => ({
  coverage: coverageOf(rooms),
  accounts: RENAMES.length,
  people: RENAMES.map((logins, i) => ({ ...personOf(i), names: formerly(logins) })),
  next_cursor: null,
})

const overlap = (): Wire['Overlap'] => ({
  coverage: coverageOf([HARBORLIGHT, PETITPIXEL, GRANDEVAGUE]),
  channels: [
    { id: HARBORLIGHT, login: 'harborlight', display_name: 'HarborLight', captures: 132, distinct_accounts: 6_120 },
    { id: PETITPIXEL, login: 'petitpixel', display_name: 'PetitPixel', captures: 132, distinct_accounts: 870 },
    { id: GRANDEVAGUE, login: 'grandevague', display_name: 'GrandeVague', captures: 132, distinct_accounts: 29_944 },
  ],
  pairs: [
    { a: HARBORLIGHT, b: PETITPIXEL, common: 214, jaccard: 0.0316 },
    { a: HARBORLIGHT, b: GRANDEVAGUE, common: 1_830, jaccard: 0.0535 },
    { a: PETITPIXEL, b: GRANDEVAGUE, common: 402, jaccard: 0.0132 },
  ],
})

/** How often somebody was on a channel, by a few numbers that come round over 24 evenings, of 26 captures each. */
function presenceOf(room: string, attended: readonly number[], arrival: Wire['Arrival'] | null): Wire['Presence'] {
  const broadcasts = upTo(24).map((i): Wire['BroadcastPresence'] => ({
    attended: attended[i % attended.length]!,
    captures: 26,
    first_captured_at: timeOf(i - 18),
    last_captured_at: timeOf(i - 18, 125),
    stream_id: streamOf(room, i),
  }))
  const seen = broadcasts.filter((one) => one.attended > 0)
  return {
    arrival,
    attended: broadcasts.reduce((sum, one) => sum + one.attended, 0),
    broadcasts,
    captures: 26 * broadcasts.length,
    channel_id: room,
    first_seen_at: seen[0]?.first_captured_at ?? null,
    last_seen_at: seen.at(-1)?.last_captured_at ?? null,
  }
}
const VIEWER = personOf(3)
const viewer = (): Wire['Viewer'] => ({
  ...VIEWER,
  broadcaster_type: 'affiliate',
  channels: [
    presenceOf(HARBORLIGHT, [0, 0, 26, 12, 3, 26, 0, 21], { capture_id: '1', newcomers: 88, origin: 'raid', raid_from: 'grandevague' }),
    presenceOf(PETITPIXEL, [0, 4, 0, 0, 1], { capture_id: '2', newcomers: 1, origin: 'organic' }),
    presenceOf(GRANDEVAGUE, [0], null),
  ],
  coverage: { captures: 3 * 24 * 26, gaps: 12, first_captured_at: timeOf(-18), last_captured_at: timeOf(5, 125) },
  default_picture: false,
  gone: false,
  has_description: true,
  names: formerly(['mira', 'solmira']),
  verdicts: [
    { channel_id: HARBORLIGHT, marked_at: timeOf(4), marked_by: '1', twitch_id: VIEWER.twitch_id, verdict: 'suspicious' },
    { channel_id: PETITPIXEL, marked_at: timeOf(5), marked_by: '1', twitch_id: VIEWER.twitch_id, verdict: 'people' },
  ],
})

/** An answer of ours in place of the API's, about the channels that are asked about. */
const answers = (page: Page, path: string, answer: (rooms: readonly string[], list: string | null) => object): Promise<unknown> =>
  page.route(`**/api/v1${path}`, (route) => {
    const query = new URL(route.request().url()).searchParams
    const rooms = query.getAll('channel')
    return route.fulfill({ json: answer(rooms.length > 0 ? rooms : ROOMS, query.get('list')) })
  })

/** Every part of a session with much to say: the courses of all, then one channel's, and who is missing. */
async function richSession(page: Page): Promise<void> {
  const path = `/sessions/${await session(page)}`
  await answers(page, '/sessions/*/evolution*', evolution)
  await answers(page, '/sessions/*/newcomers*', newcomers)
  await answers(page, '/sessions/*/participation*', participation)
  await answers(page, '/sessions/*/retention*', retention)
  await answers(page, '/sessions/*/renames*', renames)
  await answers(page, '/sessions/*/overlap*', overlap)
  await goto(path)(page)
  await throughAll(page)
  const table = (name: RegExp) => page.getByRole('table', { name })
  const triangle = table(/^(Qui revient|Who comes back)$/)

  await expect(page.getByRole('img', { name: /^HarborLight: / })).toBeVisible()
  await expect(page.getByRole('img', { name: /^PetitPixel: / })).toBeVisible()
  await expect(triangle.getByRole('row')).toHaveCount(11)
  await expect(table(/^(Les plus assidus|Most regular)$/)).toBeVisible()

  await page.getByRole('button', { name: /^(Ne montrer que|Show only) HarborLight$/ }).click()
  await page.locator('#evolution').scrollIntoViewIfNeeded()
  await expect(page.locator('#evolution canvas').first()).toBeVisible()
  await page.getByRole('radiogroup', { name: /^(Quelle liste|Which list)$/ }).getByText(/^(Habitués absents|Missing regulars)$/).click()
  await expect(table(/^(Habitués absents|Missing regulars)$/)).toBeVisible()
  await expect(triangle.getByRole('row')).toHaveCount(6)
  await expect(triangle.getByRole('cell', { name: /^35\s?%$/ }).first()).toBeVisible()
  await expect(table(/^(Chaînes en commun|Channels in common)$/).getByRole('row')).toHaveCount(4)
  for (const bars of [/^(Captures suivies|Captures attended)$/, /^(Temps estimé|Estimated time)$/, /^1\D?846\s(nouveaux|newcomers)$/]) {
    await expect(page.getByRole('figure', { name: bars }).getByRole('list')).toBeVisible()
  }
  await expect(page.locator('#renames').getByRole('listitem')).toHaveCount(RENAMES.length)
  await page.evaluate(() => scrollTo(0, 0))
}

/** The last ones end the login. */
export const screens: readonly Screen[] = [
  { name: 'channels', open: goto('/channels') },
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
      await openChannel(page)
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
  { name: 'session-rich', open: richSession },
  {
    // Just captured: Twitch is still asked about the accounts, and no part is answered yet.
    name: 'session-partial',
    open: async (page) => {
      const path = `/sessions/${await session(page)}`
      await says(page, '/sessions/*/summary', (said) => ({ ...said, enriched_accounts: Math.floor((said.distinct_accounts ?? 0) / 3) }))
      await hangs(page, '/sessions/*/{evolution,creations,newcomers,participation,retention,renames,overlap}*')
      await page.goto(path)
      await expect(page.getByText(/^(Résultats partiels|Partial results)/)).toBeVisible()
      await page.locator('#evolution').scrollIntoViewIfNeeded()
      await expect(page.locator('#evolution .skeleton').first()).toBeVisible()
      await page.evaluate(() => scrollTo(0, 0))
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
    name: 'session-summary-failed',
    open: async (page) => {
      const path = `/sessions/${await session(page)}`
      await fails(page, '/sessions/*/summary')
      await failed(page, path)
    },
  },
  {
    // The login ends while one reads; one puts the question aside and reads on. Only the answers say so: the next screens need it.
    name: 'session-expired',
    open: async (page) => {
      await goto(`/sessions/${await session(page)}`)(page)
      await page.route('**/api/v1/**', (route) => route.fulfill({ status: 401, json: { code: 'not_authenticated' } }))
      // The stream of events is asked for again.
      await page.context().setOffline(true)
      await page.context().setOffline(false)
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
  { name: 'compare', open: async (page) => goto(`/compare?a=session:${await session(page)}&b=channel:10000002`)(page) },
  {
    name: 'compare-failed',
    open: async (page) => {
      const path = `/compare?a=session:${await session(page)}&b=channel:10000002`
      await fails(page, '/captures/compare*')
      await failed(page, path)
    },
  },
  {
    // Asked while already offline: the other way round, which nobody asked before.
    name: 'compare-offline',
    open: async (page) => {
      await goto(`/compare?a=session:${await session(page)}&b=channel:${PETITPIXEL}`)(page)
      await page.context().setOffline(true)
      await page.getByRole('button', { name: /^(Échanger les deux côtés|Swap the two sides)$/ }).click()
      await expect(page.getByText(/Vous êtes hors ligne|You are offline/)).toBeVisible()
      await expect(page.getByRole('alert').getByRole('button').first()).toBeVisible()
    },
  },
  { name: 'account', open: async (page) => goto(`/accounts/${await someone(page)}`)(page) },
  {
    name: 'account-rich',
    open: async (page) => {
      await answers(page, '/accounts/*', viewer)
      await goto(`/accounts/${VIEWER.twitch_id}`)(page)
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
