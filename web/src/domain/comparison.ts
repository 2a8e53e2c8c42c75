/** Two rosters held against each other. */
import type { Coverage } from './analysis'
import type { Person } from './people'

export const SIDES = ['session', 'channel', 'stream', 'capture'] as const
export type SideKind = (typeof SIDES)[number]

/** What stands on one side, as it is written in an address: `stream:123`. */
export interface Side {
  readonly kind: SideKind
  readonly id: string
}

export const LISTS = ['arrived', 'left', 'stayed'] as const
export type ListName = (typeof LISTS)[number]

export interface ComparedSide {
  readonly coverage: Coverage
  readonly accounts: number
}

export interface Comparison {
  readonly a: ComparedSide
  readonly b: ComparedSide
  readonly arrived: number
  readonly left: number
  readonly stayed: number
  /** Share of all accounts that are on both sides. */
  readonly jaccard: number
  readonly people: readonly Person[]
  readonly next: string | null
}

/** A side out of an address, or null when it is none. */
export function sideFrom(text: unknown): Side | null {
  const [, kind, id] = typeof text === 'string' ? (/^([a-z]+):([0-9a-f-]{1,40})$/.exec(text) ?? []) : []
  const known = SIDES.find((one) => one === kind)
  return known && id ? { kind: known, id } : null
}

export const sideText = (side: Side): string => `${side.kind}:${side.id}`

export const isSame = (a: Side | null, b: Side | null): boolean =>
  a !== null && b !== null && a.kind === b.kind && a.id === b.id

/** How many accounts each two channels share; `shared[i][i]` is how many channel i has. */
export interface Overlap {
  readonly coverage: Coverage
  readonly channels: readonly string[]
  readonly shared: readonly (readonly number[])[]
}
