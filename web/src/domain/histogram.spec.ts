import { describe, expect, it } from 'vitest'

import { isWithin, moved, totalOf, yearTicks, type Bin } from './histogram'

const bins: Bin[] = ['2024-11-01', '2024-12-01', '2025-01-01', '2025-02-01'].map((from, i) => ({
  from,
  to: from.replace('01', '28'),
  accounts: i + 1,
  usual: null,
}))

describe('a run of bins', () => {
  it('is the same in both directions', () => {
    for (const run of [
      { anchor: 1, head: 2 },
      { anchor: 2, head: 1 },
    ]) {
      expect(totalOf(bins, run)).toEqual({ accounts: 5, from: bins[1]!.from, to: bins[2]!.to })
      expect([0, 1, 2, 3].map((i) => isWithin(run, i))).toEqual([false, true, true, false])
    }
    expect(isWithin(null, 0)).toBe(false)
  })

  it('moves and stretches by keys, and stays inside', () => {
    expect(moved(null, 'ArrowRight', false, 4)).toEqual({ anchor: 0, head: 0 })
    expect(moved(null, 'ArrowLeft', false, 4)).toEqual({ anchor: 3, head: 3 })
    expect(moved({ anchor: 1, head: 1 }, 'ArrowRight', true, 4)).toEqual({ anchor: 1, head: 2 })
    expect(moved({ anchor: 1, head: 3 }, 'ArrowRight', true, 4)).toEqual({ anchor: 1, head: 3 })
    expect(moved({ anchor: 1, head: 3 }, 'Home', false, 4)).toEqual({ anchor: 0, head: 0 })
    const run = { anchor: 1, head: 1 }
    expect(moved(run, 'x', false, 4)).toBe(run)
    expect(moved(null, 'End', false, 0)).toBeNull()
  })
})

describe('yearTicks', () => {
  it('stand where years begin, thinned to what has room', () => {
    expect(yearTicks(bins, 12)).toEqual([
      { i: 0, year: '2024' },
      { i: 2, year: '2025' },
    ])
    const many = Array.from({ length: 30 }, (_, i) => ({ ...bins[0]!, from: `${1990 + i}-01-01` }))
    expect(yearTicks(many, 10)).toHaveLength(10)
  })
})
