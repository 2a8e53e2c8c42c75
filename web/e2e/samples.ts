/**
 * What weeks of captures say of two channels, where the tests' own world has one capture of each: six evenings of two hours,
 * a capture every five minutes, some of which failed, and a raid in the last.
 */
import type { components } from '../src/api/schema'
import { GRANDEVAGUE, HARBORLIGHT, PETITPIXEL } from './sim'

type Wire = components['schemas']

const upTo = (end: number): number[] => Array.from({ length: end }, (_, i) => i)

export const ROOMS = [HARBORLIGHT, PETITPIXEL]
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
export const evolution = (rooms: readonly string[]): Wire['Evolution'] => ({
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
export const newcomers = (rooms: readonly string[]): Wire['Newcomers'] => ({
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

/** Of the second one no capture tells; and nobody can have come back after the last evening. */
export const raids = (rooms: readonly string[]): Wire['Raids'] => ({
  coverage: coverageOf(rooms),
  raids: rooms.map((room, i) => ({
    id: `9${room}`,
    channel_id: room,
    from_channel_id: GRANDEVAGUE,
    from_login: 'grandevague',
    raided_at: timeOf(5, 62),
    announced: 412,
    ...(i === 0 && { before: '1', after: '2', arrived: 398, seen_at_source: 371, stayed: 204 }),
  })),
})

const bucket = ([from, to, accounts]: readonly [number, number | null, number]): Wire['Bucket'] => ({ from, to, accounts })
export function participation(rooms: readonly string[], list: string | null): Wire['Participation'] {
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
export const retention = (rooms: readonly string[]): Wire['Retention'] => ({
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
export const RENAMES = [['noctule'], ['gaufre', 'gaufre_au_sucre'], ['bretzel', 'bretzel_chaud', 'bretzel_tiede'], ['solmira']]
export const renames = (rooms: readonly string[]): Wire['Renames'] => ({
  coverage: coverageOf(rooms),
  accounts: RENAMES.length,
  people: RENAMES.map((logins, i) => ({ ...personOf(i), names: formerly(logins) })),
  next_cursor: null,
})

/** Of all three channels where several are asked about. */
export function overlap(rooms: readonly string[]): Wire['Overlap'] {
  const channels = [
    { id: HARBORLIGHT, login: 'harborlight', display_name: 'HarborLight', captures: 132, distinct_accounts: 6_120 },
    { id: PETITPIXEL, login: 'petitpixel', display_name: 'PetitPixel', captures: 132, distinct_accounts: 870 },
    { id: GRANDEVAGUE, login: 'grandevague', display_name: 'GrandeVague', captures: 132, distinct_accounts: 29_944 },
  ].filter(({ id }) => rooms.length > 1 || rooms.includes(id))
  const has = (id: string): boolean => channels.some((one) => one.id === id)
  const pairs = [
    { a: HARBORLIGHT, b: PETITPIXEL, common: 214, jaccard: 0.0316 },
    { a: HARBORLIGHT, b: GRANDEVAGUE, common: 1_830, jaccard: 0.0535 },
    { a: PETITPIXEL, b: GRANDEVAGUE, common: 402, jaccard: 0.0132 },
  ].filter(({ a, b }) => has(a) && has(b))
  return { coverage: coverageOf(channels.map(({ id }) => id)), channels, pairs }
}

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
export const VIEWER = personOf(3)
export const viewer = (): Wire['Viewer'] => ({
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

/** How captures stand that are asked for: one is under way, one was given up. */
export const JOBS = [
  {
    state: 'running',
    attempt: 1,
    last_error: null,
    progress: { pages: 12, pages_total: 31, chatters: 12_000, total: 30_412 },
  },
  { state: 'dead', attempt: 5, last_error: 'not_moderator: gone', progress: null },
] as const

export const schedule = (paused: string | null): Wire['Schedule'] => ({
  interval_minutes: 5,
  only_live: true,
  next_slot: new Date().toISOString(),
  paused_reason: paused,
})

/** A broadcast in numbers, one of which is missing. */
export const RECENT = [2300, 2412, null, 2380, 2466].map((chatters, i): Wire['Recent'] => ({ at: timeOf(6, 60 + 5 * i), chatters }))

/** Two sessions that are kept, as far as they differ from another one. */
export const SAVED = ['Soir calme', 'Nuit du raid'].map((name, i) => ({
  uuid: `0198b6a0-0000-7000-8000-00000000000${i + 2}`,
  name,
  status: 'saved',
  expires_at: null,
}))
