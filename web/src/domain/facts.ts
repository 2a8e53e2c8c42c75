/** What the status strip tells of a room: a raid just now, a peak of creation dates, a rush of arrivals. */
import type { Creations, Evolution, RaidSeen } from './analysis'
import { peakOf, rushOf, type Peak, type Rush } from './standout'

export type Fact =
  | { readonly kind: 'raid'; readonly at: Date; readonly from: string; readonly announced: number; readonly arrived: number | null }
  | ({ readonly kind: 'peak' } & Peak)
  | ({ readonly kind: 'rush' } & Rush)

/** For so long a raid explains what one sees in the chat. */
const RAID_MINUTES = 20

export interface Room {
  readonly evolution: Evolution | undefined
  readonly creations: Creations | undefined
  readonly raids: readonly RaidSeen[] | undefined
  /** Whether it goes up to now, or is about a broadcast that is over. */
  readonly isNow: boolean
}

/** The most urgent first. A rush that a raid explains is not told apart from it. */
export function factsOf({ evolution, creations, raids = [], isNow }: Room, now: Date): Fact[] {
  const raid = isNow ? raids.findLast((one) => now.getTime() - one.at.getTime() < RAID_MINUTES * 60_000) : undefined
  const peak = creations ? peakOf(creations.days) : null
  const rush = evolution ? rushOf(evolution, isNow) : null
  const explained = rush !== null && raids.some((one) => one.at >= rush.since && one.at <= rush.at)
  return [
    ...(raid ? [{ kind: 'raid', at: raid.at, from: raid.from, announced: raid.announced, arrived: raid.arrived } as const] : []),
    ...(peak ? [{ kind: 'peak', ...peak } as const] : []),
    ...(rush && !explained ? [{ kind: 'rush', ...rush } as const] : []),
  ]
}

/** The answers that the strip rests on. */
export const SOURCES = ['arrivals', 'creations', 'raids'] as const
export type Source = (typeof SOURCES)[number]
/** Whether there is an answer, and one that holds: a former one that could not be renewed does not. */
export type Standing = 'known' | 'waiting' | 'failed'
export type Sources = Readonly<Record<Source, Standing>>

/** From this share of the dates on, a peak would be seen. */
const ENOUGH = 0.9
/** Below it, a share reads as none: percents are told with one decimal. */
const SOME = 0.001

/**
 * What may be said while nothing strikes. The all-clear, `none`, rests on every answer, on nearly all creation dates and
 * on captures that tell of arrivals; `rushUnknown` not on those, `soFar` on some dates, `noDates` on none, `loading` on
 * answers that are yet to come. `unknown` is no telling.
 */
export type Calm = 'unknown' | 'loading' | 'noDates' | 'soFar' | 'rushUnknown' | 'none'

/**
 * `known` is the share of the creation dates that are known, null while nobody can say; `rushUnknown`, that a rush of
 * arrivals could not be told (`canTellRush`).
 */
export function calmOf(sources: Sources, known: number | null, rushUnknown: boolean): Calm {
  const has = (standing: Standing) => SOURCES.some((source) => sources[source] === standing)
  if (has('failed')) return 'unknown'
  if (has('waiting')) return 'loading'
  if (known === null || known < SOME) return 'noDates'
  if (known < ENOUGH) return 'soFar'
  return rushUnknown ? 'rushUnknown' : 'none'
}
