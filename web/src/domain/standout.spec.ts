import { describe, expect, it } from 'vitest'

import { samplePoint } from '@/testing/samples'

import type { CreatedOn } from './analysis'
import { dayOf } from './histogram'
import { canTellRush, peakOf, rushOf } from './standout'

const START = Date.UTC(2020, 0, 1)
/** `each` accounts on every day of five years, `more` on some. */
const room = (each: (i: number) => number, usual: number | null, more: Record<number, number> = {}): CreatedOn[] =>
  Array.from({ length: 1_800 }, (_, i) => ({ day: dayOf(START + i * 86_400_000), accounts: each(i) + (more[i] ?? 0), usual }))

/** Uneven as rooms are, the same each time: a Poisson count by inversion of a fixed sequence. */
function uneven(mean: number): (i: number) => number {
  let seed = 42
  return () => {
    let [product, count] = [1, -1]
    do {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
      product *= seed / 2_147_483_648
      count += 1
    } while (product > Math.exp(-mean))
    return count
  }
}

describe('peakOf', () => {
  it('finds a day on which too many were created', () => {
    expect(peakOf(room(() => 1, 1, { 900: 86 }))).toMatchObject({ from: dayOf(START + 900 * 86_400_000), accounts: 87, expected: 1 })
  })

  it('finds a batch that was spread over a week, where no day strikes', () => {
    const batch = Object.fromEntries([0, 1, 2, 3, 4, 5, 6].map((i) => [700 + i, 9]))
    const peak = peakOf(room(() => 2, 2, batch))
    expect(peak).toMatchObject({ from: dayOf(START + 700 * 86_400_000), to: dayOf(START + 706 * 86_400_000), accounts: 77 })
  })

  it.each([0.05, 0.4, 2, 8])('finds nothing in a room of its usual unevenness (%d a day)', (mean) => {
    expect(peakOf(room(uneven(mean), mean))).toBeNull()
    expect(peakOf(room(uneven(mean), null))).toBeNull()
  })

  it('takes no rise of young accounts for a peak, although no other broadcast could know them', () => {
    const rising = room((i) => Math.round(Math.exp(i / 600)), 0)
    expect(peakOf(rising)).toBeNull()
  })

  it('lets a handful of a large room pass', () => {
    expect(peakOf(room(() => 1, null, { 900: 12 }))).toBeNull()
    expect(peakOf(room(() => 1, null, { 900: 30 }))?.accounts).toBe(31)
  })

  it('has nothing to say of few, or of none', () => {
    expect(peakOf([{ day: '2025-05-12', accounts: 9, usual: 0 }])).toBeNull()
    expect(peakOf([])).toBeNull()
  })
})

describe('rushOf', () => {
  const captures = (arrived: (number | null)[], gaps: number[] = [], left = 0) => ({
    coverage: { captures: arrived.length + left, gaps: 0, first: null, last: null },
    points: arrived.map((value, i) => samplePoint({ at: new Date(i * 300_000), arrived: value, gapBefore: gaps.includes(i) })),
  })

  it('is far more arrivals than the other captures have', () => {
    expect(rushOf(captures([null, 30, 40, 35, 410]), true)).toMatchObject({ arrived: 410, usual: 35, since: new Date(900_000) })
  })

  it('is over after some captures, unless one asks about the whole', () => {
    const past = captures([null, 30, 410, 35, 30, 30, 40, 30])
    expect(rushOf(past, true)).toBeNull()
    expect(rushOf(past, false)?.arrived).toBe(410)
  })

  it('does not come from a gap, from few captures, or from few people', () => {
    expect(rushOf(captures([null, 30, 40, 35, 410], [4]), true)).toBeNull()
    expect(rushOf(captures([null, 30, 410]), true)).toBeNull()
    expect(rushOf(captures([null, 0, 0, 0, 9]), true)).toBeNull()
  })
  it('cannot be told from few captures, nor where some of many are left out', () => {
    expect(canTellRush(captures([null, 30, 40, 35, 30]))).toBe(true)
    expect(canTellRush(captures([null, 30, 40, 35]))).toBe(false)
    expect(canTellRush(captures([null, 30, 40, 35, 30], [2]))).toBe(false)
    const thinned = captures([null, 30, 40, 35, 410], [], 1)
    expect(canTellRush(thinned)).toBe(false)
    expect(rushOf(thinned, true)).toBeNull()
  })
})
