/** Answers about a room and its people, from the wire to the domain. */
import type { Coverage, Creations, Evolution, Newcomer, Newcomers, RaidSeen, Stream, Verdict } from '@/domain/analysis'
import type { CohortRow } from '@/domain/cohort'
import { accountId, channelId, streamId, type AccountId } from '@/domain/ids'
import type { CapturePoint, Marker } from '@/domain/series'

import { count, instant, instantOrNull, type Wire } from './parse'

export const parseCoverage = (wire: Wire['Coverage']): Coverage => ({
  captures: count(wire.captures),
  gaps: count(wire.gaps ?? 0),
  first: instantOrNull(wire.first_captured_at),
  last: instantOrNull(wire.last_captured_at),
})

const countOrNull = (value: number | null | undefined): number | null => (value == null ? null : count(value))

const parsePoint = (wire: Wire['EvolutionPoint']): CapturePoint => ({
  channel: channelId(wire.channel_id),
  at: instant(wire.captured_at),
  chatters: count(wire.chatters),
  uncertain: count(wire.uncertain),
  viewers: countOrNull(wire.viewers),
  arrived: countOrNull(wire.arrived),
  left: countOrNull(wire.left),
  fresh: count(wire.new),
  gapBefore: wire.gap_before,
})

function parseMarker(wire: Wire['Marker']): Marker {
  const at = instant(wire.at)
  switch (wire.kind) {
    case 'stream_start':
      return { at, kind: 'streamStart', title: wire.title }
    case 'stream_end':
      return { at, kind: 'streamEnd' }
    case 'raid':
      return { at, kind: 'raid', from: wire.from_login, viewers: count(wire.viewers) }
  }
}

export const parseEvolution = (wire: Wire['Evolution']): Evolution => ({
  coverage: parseCoverage(wire.coverage),
  points: wire.points.map(parsePoint),
  markers: wire.markers.map(parseMarker),
})

export const parseCreations = (wire: Wire['Creations']): Creations => ({
  coverage: parseCoverage(wire.coverage),
  accounts: count(wire.accounts),
  known: count(wire.enriched),
  broadcasts: wire.baseline ? count(wire.baseline.broadcasts) : 0,
  days: wire.bars.map((bar) => ({
    day: instant(bar.start).toISOString().slice(0, 10),
    accounts: count(bar.accounts),
    usual: bar.usual ?? null,
  })),
})

const parseNewcomer = (wire: Wire['Newcomer']): Newcomer => ({
  id: accountId(wire.twitch_id),
  login: wire.login,
  displayName: wire.display_name,
  createdAt: instantOrNull(wire.created_at),
  channel: channelId(wire.channel_id),
  firstSeen: instant(wire.first_seen_at),
  ageDays: countOrNull(wire.age_days),
  origin: wire.origin,
  cameBack: wire.came_back,
})

export const parseNewcomers = (wire: Wire['Newcomers']): Newcomers => ({
  coverage: parseCoverage(wire.coverage),
  total: count(wire.newcomers),
  byRaid: count(wire.by_raid),
  byWave: count(wire.by_wave),
  cameBack: count(wire.came_back),
  people: wire.people.map(parseNewcomer),
  next: wire.next_cursor ?? null,
})

export const parseRaid = (wire: Wire['RaidSeen']): RaidSeen => ({
  id: wire.id,
  channel: channelId(wire.channel_id),
  from: wire.from_login,
  at: instant(wire.raided_at),
  announced: count(wire.announced),
  arrived: countOrNull(wire.arrived),
  seenAtSource: countOrNull(wire.seen_at_source),
  stayed: countOrNull(wire.stayed),
  cameBack: countOrNull(wire.came_back),
})

export const parseAccountRow = (wire: Wire['AccountSeen']): CohortRow => ({
  id: accountId(wire.twitch_id),
  login: wire.login,
  displayName: wire.display_name,
  createdAt: instantOrNull(wire.created_at),
  firstSeen: instant(wire.first_seen_at),
  lastSeen: instant(wire.last_seen_at),
  captures: count(wire.captures),
  regular: wire.regular,
})

export const parseStream = (wire: Wire['Stream']): Stream => ({
  id: streamId(wire.id),
  title: wire.title,
  startedAt: instant(wire.started_at),
  endedAt: instantOrNull(wire.ended_at),
  captures: count(wire.captures),
  peak: countOrNull(wire.chatters_peak),
})

export const parseVerdict = (wire: Wire['AccountVerdict']): readonly [AccountId, Verdict] => [accountId(wire.twitch_id), wire.verdict]
