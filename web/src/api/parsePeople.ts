/** Answers about people and rooms held against each other, from the wire to the domain. */
import type { Comparison, Overlap } from '@/domain/comparison'
import { accountId, channelId, streamId } from '@/domain/ids'
import type { Account, Bucket, FormerName, Participant, Participation, Person, Presence, Renamed, ReturnCohort } from '@/domain/people'

import { count, instant, instantOrNull, type Wire } from './parse'
import { parseCoverage } from './parseAnalysis'
import { ContractError } from './problem'

export const parsePerson = (wire: Wire['Person']): Person => ({
  id: accountId(wire.twitch_id),
  login: wire.login,
  displayName: wire.display_name,
  createdAt: instantOrNull(wire.created_at),
})

const parseBucket = (wire: Wire['Bucket']): Bucket => ({
  from: count(wire.from),
  to: wire.to == null ? null : count(wire.to),
  accounts: count(wire.accounts),
})

const parseParticipant = (wire: Wire['Participant']): Participant => ({
  ...parsePerson(wire),
  channel: channelId(wire.channel_id),
  captures: count(wire.captures),
  minutes: count(wire.minutes),
  broadcasts: count(wire.broadcasts),
  broadcastsSinceFirst: count(wire.broadcasts_since_first),
  streak: count(wire.streak),
  absentFor: count(wire.absent_for),
})

export const parseParticipation = (wire: Wire['Participation']): Participation => ({
  coverage: parseCoverage(wire.coverage),
  accounts: count(wire.accounts),
  captures: wire.captures_attended.map(parseBucket),
  minutes: wire.minutes.map(parseBucket),
  people: wire.people.map(parseParticipant),
  next: wire.next_cursor ?? null,
})

export const parseReturnCohort = (wire: Wire['Cohort']): ReturnCohort => ({
  channel: channelId(wire.channel_id),
  stream: wire.stream_id ? streamId(wire.stream_id) : null,
  at: instant(wire.first_captured_at),
  newcomers: count(wire.newcomers),
  back: wire.back.map(count),
  origins: wire.by_origin.map((one) => ({
    origin: one.origin,
    newcomers: count(one.newcomers),
    back: one.back.map(count),
  })),
})

const parseFormerName = (wire: Wire['FormerName']): FormerName => ({
  login: wire.login,
  displayName: wire.display_name,
  until: instant(wire.replaced_at),
})

export const parseRenamed = (wire: Wire['Renamed']): Renamed => ({
  ...parsePerson(wire),
  names: wire.names.map(parseFormerName),
})

const parseSide = (wire: Wire['Side']) => ({ coverage: parseCoverage(wire.coverage), accounts: count(wire.accounts) })

export function parseComparison(wire: Wire['Comparison']): Comparison {
  const comparison = {
    a: parseSide(wire.a),
    b: parseSide(wire.b),
    arrived: count(wire.arrived),
    left: count(wire.left),
    stayed: count(wire.stayed),
    jaccard: wire.jaccard,
    people: wire.people.map(parsePerson),
    next: wire.next_cursor ?? null,
  }
  const { a, b, arrived, left, stayed } = comparison
  if (left + stayed !== a.accounts || arrived + stayed !== b.accounts) {
    throw new ContractError('the parts of a comparison do not make up its sides')
  }
  return comparison
}

export function parseOverlap(wire: Wire['Overlap']): Overlap {
  const places = new Map(wire.channels.map((channel, i) => [channel.id, i]))
  const shared = wire.channels.map((channel, i) =>
    wire.channels.map((_, j) => (i === j ? count(channel.distinct_accounts) : 0)),
  )
  for (const pair of wire.pairs) {
    const [i, j] = [places.get(pair.a), places.get(pair.b)]
    const [row, column] = [shared[i ?? -1], shared[j ?? -1]]
    if (i === undefined || j === undefined || !row || !column) throw new ContractError('a pair of unknown channels')
    row[j] = column[i] = count(pair.common)
  }
  return {
    coverage: parseCoverage(wire.coverage),
    channels: wire.channels.map((channel) => channel.display_name),
    shared,
  }
}

const parsePresence = (wire: Wire['Presence'], verdicts: Wire['Viewer']['verdicts']): Presence => ({
  channel: channelId(wire.channel_id),
  captures: count(wire.captures),
  attended: count(wire.attended),
  firstSeen: instantOrNull(wire.first_seen_at),
  lastSeen: instantOrNull(wire.last_seen_at),
  arrival: wire.arrival
    ? { origin: wire.arrival.origin, raidFrom: wire.arrival.raid_from ?? null, newcomers: count(wire.arrival.newcomers) }
    : null,
  broadcasts: wire.broadcasts.map((one) => ({
    stream: one.stream_id ? streamId(one.stream_id) : null,
    from: instant(one.first_captured_at),
    to: instant(one.last_captured_at),
    captures: count(one.captures),
    attended: count(one.attended),
  })),
  verdict: verdicts.find((one) => one.channel_id === wire.channel_id)?.verdict ?? null,
})

export const parseAccount = (wire: Wire['Viewer']): Account => ({
  ...parsePerson(wire),
  gone: wire.gone,
  defaultPicture: wire.default_picture ?? null,
  hasDescription: wire.has_description ?? null,
  kind: wire.broadcaster_type === 'partner' || wire.broadcaster_type === 'affiliate' ? wire.broadcaster_type : null,
  names: wire.names.map(parseFormerName),
  coverage: parseCoverage(wire.coverage),
  presences: wire.channels.map((one) => parsePresence(one, wire.verdicts)),
})
