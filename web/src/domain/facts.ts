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
  readonly raids: readonly RaidSeen[]
  /** Whether it is about now, or about a broadcast that is over. */
  readonly isNow: boolean
}

/** The most urgent first. A rush that a raid explains is not told apart from it. */
export function factsOf({ evolution, creations, raids, isNow }: Room, now: Date): Fact[] {
  const raid = isNow ? raids.findLast((one) => now.getTime() - one.at.getTime() < RAID_MINUTES * 60_000) : undefined
  const peak = creations ? peakOf(creations.days) : null
  const rush = evolution ? rushOf(evolution.points, isNow) : null
  const explained = rush !== null && raids.some((one) => one.at >= rush.since && one.at <= rush.at)
  return [
    ...(raid ? [{ kind: 'raid', at: raid.at, from: raid.from, announced: raid.announced, arrived: raid.arrived } as const] : []),
    ...(peak ? [{ kind: 'peak', ...peak } as const] : []),
    ...(rush && !explained ? [{ kind: 'rush', ...rush } as const] : []),
  ]
}
