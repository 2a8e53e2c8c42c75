/** What a question may be about, and what its answer rests on. */
import type { Channel } from './channel'
import type { AccountId, CaptureId, ChannelId, SessionUuid, StreamId } from './ids'
import type { CapturePoint, Marker } from './series'

export interface SessionSubject {
  readonly kind: 'session'
  readonly id: SessionUuid
  /** Of these only, when some are named. */
  readonly channels?: readonly ChannelId[]
}

export type Subject =
  | SessionSubject
  | { readonly kind: 'stream'; readonly id: StreamId }
  | { readonly kind: 'capture'; readonly id: CaptureId }
  | { readonly kind: 'channel'; readonly id: ChannelId }

/** The channels that a subject is narrowed to; none is all of them. */
export const channelsOf = (subject: Subject): readonly ChannelId[] =>
  subject.kind === 'session' ? (subject.channels ?? []) : []

export interface Coverage {
  readonly captures: number
  /** Captures that were asked for and failed or were missed. */
  readonly gaps: number
  readonly first: Date | null
  readonly last: Date | null
}

export interface Evolution {
  readonly coverage: Coverage
  readonly points: readonly CapturePoint[]
  readonly markers: readonly Marker[]
}

/** Of very many captures the server leaves some out: then the capture before a point may be one that is not here. */
export const isThinned = ({ coverage, points }: Pick<Evolution, 'coverage' | 'points'>): boolean => coverage.captures > points.length

/** A day (UTC) on which accounts of the room were created. */
export interface CreatedOn {
  readonly day: string
  readonly accounts: number
  /** What other broadcasts of the channel hold of that day, scaled to this room; null while there are none. */
  readonly usual: number | null
}

export interface Creations {
  readonly coverage: Coverage
  readonly accounts: number
  /** Those whose creation date is known. */
  readonly known: number
  /** How many other broadcasts `usual` rests on; 0 when there are none. */
  readonly broadcasts: number
  readonly days: readonly CreatedOn[]
}

/** How somebody came who was never seen on the channel before. */
export type Origin = 'raid' | 'wave' | 'organic'

export interface Newcomer {
  readonly id: AccountId
  readonly login: string
  readonly displayName: string
  readonly createdAt: Date | null
  readonly channel: ChannelId
  readonly firstSeen: Date
  readonly ageDays: number | null
  readonly origin: Origin
  readonly cameBack: boolean
}

export interface Newcomers {
  readonly coverage: Coverage
  readonly total: number
  readonly byRaid: number
  readonly byWave: number
  readonly cameBack: number
  readonly people: readonly Newcomer[]
  readonly next: string | null
}

/** A raid as announced and as seen; null is what no capture tells. */
export interface RaidSeen {
  readonly id: string
  readonly channel: ChannelId
  readonly from: string
  readonly at: Date
  readonly announced: number
  readonly arrived: number | null
  readonly seenAtSource: number | null
  readonly stayed: number | null
  readonly cameBack: number | null
}

/** A broadcast of a channel of which there are captures. */
export interface Stream {
  readonly id: StreamId
  readonly title: string
  readonly startedAt: Date
  /** Null while it runs. */
  readonly endedAt: Date | null
  readonly captures: number
  /** The most chatters in one capture; null when there is none. */
  readonly peak: number | null
}

/** In an address: all captures of the channel, those made outside a broadcast, too. */
export const ALL_CAPTURES = 'all'
/** What of a channel is shown. */
export type Choice = StreamId | typeof ALL_CAPTURES

export interface Chosen {
  /** Null is all captures. */
  readonly stream: Stream | null
  /** A broadcast was wanted that is not among these; another choice stands for it. */
  readonly isUnknown: boolean
}

/** The broadcast wanted, else the latest of them (the first); all captures when those are wanted, or there is no broadcast. */
export function chosenOf(streams: readonly Stream[], wanted: string | null): Chosen {
  if (wanted === ALL_CAPTURES) return { stream: null, isUnknown: false }
  const found = streams.find((stream) => stream.id === wanted)
  return { stream: found ?? streams[0] ?? null, isUnknown: wanted !== null && !found }
}

/** What a channel's page is about: a broadcast, else all captures of the channel; null when there is none. */
export function subjectOf(stream: Stream | null, channel: Pick<Channel, 'id' | 'lastCapture'>): Subject | null {
  if (stream) return { kind: 'stream', id: stream.id }
  return channel.lastCapture ? { kind: 'channel', id: channel.id } : null
}

export type Verdict = 'people' | 'suspicious'
