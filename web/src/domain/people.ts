/** What analyses say about people over time: who comes how often, who comes back, under which names. */
import type { Coverage, Origin, Verdict } from './analysis'
import type { AccountId, ChannelId, StreamId } from './ids'

export interface Person {
  readonly id: AccountId
  readonly login: string
  readonly displayName: string
  /** Null until Twitch has told. */
  readonly createdAt: Date | null
}

/** How many accounts lie within `from..=to`; without `to` there is no end. */
export interface Bucket {
  readonly from: number
  readonly to: number | null
  readonly accounts: number
}

/** How often somebody comes to a channel; the minutes are an estimate. */
export interface Participant extends Person {
  readonly channel: ChannelId
  readonly captures: number
  readonly minutes: number
  readonly broadcasts: number
  /** Of so many since they were first seen. */
  readonly broadcastsSinceFirst: number
  readonly streak: number
  /** Broadcasts since the last one with them. */
  readonly absentFor: number
}

export type ParticipantList = 'regulars' | 'missing'

export interface Participation {
  readonly coverage: Coverage
  readonly accounts: number
  readonly captures: readonly Bucket[]
  readonly minutes: readonly Bucket[]
  readonly people: readonly Participant[]
  readonly next: string | null
}

/** A broadcast's newcomers, and how many of them were back in the next one, the one after it, and so on. */
export interface ReturnCohort {
  readonly channel: ChannelId
  readonly stream: StreamId | null
  readonly at: Date
  readonly newcomers: number
  readonly back: readonly number[]
  readonly origins: readonly { readonly origin: Origin; readonly newcomers: number; readonly back: readonly number[] }[]
}

export interface FormerName {
  readonly login: string
  readonly displayName: string
  /** When another one was first seen. */
  readonly until: Date
}

export interface Renamed extends Person {
  /** Oldest first. */
  readonly names: readonly FormerName[]
}

export interface Page<T> {
  readonly total: number
  readonly people: readonly T[]
  readonly next: string | null
}

/** One broadcast of a channel and how much of it somebody attended. */
export interface Attendance {
  readonly stream: StreamId | null
  readonly from: Date
  readonly to: Date
  readonly captures: number
  readonly attended: number
}

/** The first sight of an account on a channel. */
export interface Arrival {
  readonly origin: Origin
  /** The login of the channel whose raid it came with. */
  readonly raidFrom: string | null
  /** How many were seen for the first time in the same capture, itself included. */
  readonly newcomers: number
}

export interface Presence {
  readonly channel: ChannelId
  readonly captures: number
  readonly attended: number
  readonly firstSeen: Date | null
  readonly lastSeen: Date | null
  /** Null when it was not seen, or perhaps before the captures taken into account. */
  readonly arrival: Arrival | null
  readonly broadcasts: readonly Attendance[]
  readonly verdict: Verdict | null
}

export interface Account extends Person {
  /** Twitch no longer knows it. */
  readonly gone: boolean
  readonly defaultPicture: boolean | null
  readonly hasDescription: boolean | null
  readonly kind: 'partner' | 'affiliate' | null
  readonly names: readonly FormerName[]
  readonly coverage: Coverage
  readonly presences: readonly Presence[]
}

/** The cohorts' newcomers of one origin only, or of all. */
export function ofOrigin(cohorts: readonly ReturnCohort[], origin: Origin | 'all'): ReturnCohort[] {
  if (origin === 'all') return [...cohorts]
  return cohorts.flatMap((cohort) => {
    const part = cohort.origins.find((one) => one.origin === origin)
    return part ? [{ ...cohort, newcomers: part.newcomers, back: part.back }] : []
  })
}
