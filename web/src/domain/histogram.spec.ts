import { describe, expect, it } from 'vitest'

import { binned, isWithin, moved, runOf, ticksOf, totalOf, unitFor, type Bin } from './histogram'

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

describe('ticksOf', () => {
  it('are years, thinned to what has room, or months when there are few years', () => {
    const years = Array.from({ length: 30 }, (_, i) => ({ ...bins[0]!, from: `${1990 + i}-01-01`, to: `${1990 + i}-12-31` }))
    expect(ticksOf(years, 10)).toHaveLength(10)
    expect(ticksOf(years, 10)[0]).toMatchObject({ i: 0, unit: 'year' })
    expect(ticksOf(bins, 12).map(({ i, unit }) => [i, unit])).toEqual([0, 1, 2, 3].map((i) => [i, 'month']))
  })
})

describe('binned', () => {
  const days = [
    { day: '2024-12-30', accounts: 1, usual: 0.5 },
    { day: '2025-01-05', accounts: 2, usual: 0.5 },
    { day: '2025-01-20', accounts: 4, usual: null },
  ]
  const span = { from: '2024-12-30', to: '2025-01-20' }

  it('gathers days into weeks from Monday, empty ones too', () => {
    const weeks = binned(days, span, 'week')
    expect(weeks.map((bin) => [bin.from, bin.to, bin.accounts])).toEqual([
      ['2024-12-30', '2025-01-05', 3],
      ['2025-01-06', '2025-01-12', 0],
      ['2025-01-13', '2025-01-19', 0],
      ['2025-01-20', '2025-01-26', 4],
    ])
    expect(weeks.map((bin) => bin.usual)).toEqual([1, 0, 0, 0])
  })

  it('knows how long months are, and loses nobody', () => {
    const months = binned(days, span, 'month')
    expect(months.map((bin) => [bin.from, bin.to])).toEqual([
      ['2024-12-01', '2024-12-31'],
      ['2025-01-01', '2025-01-31'],
    ])
    for (const unit of ['day', 'week', 'month'] as const) {
      expect(binned(days, span, unit).reduce((sum, bin) => sum + bin.accounts, 0)).toBe(7)
    }
  })

  it('leaves out what is outside, and says nothing of a usual that there is not', () => {
    expect(binned(days, { from: '2025-01-01', to: '2025-01-10' }, 'day').map((bin) => bin.accounts)).toContain(2)
    expect(binned([{ day: '2025-01-01', accounts: 1, usual: null }], { from: '2025-01-01', to: '2025-01-01' }, 'day')[0]?.usual).toBeNull()
  })

  it('takes the finest unit that can still be hit', () => {
    expect(unitFor({ from: '2025-01-01', to: '2025-03-01' })).toBe('day')
    expect(unitFor({ from: '2023-01-01', to: '2025-03-01' })).toBe('week')
    expect(unitFor({ from: '2007-01-01', to: '2025-03-01' })).toBe('month')
  })

  it('finds the bins of days that were picked', () => {
    const weeks = binned(days, span, 'week')
    expect(runOf(weeks, { from: '2025-01-05', to: '2025-01-13' })).toEqual({ anchor: 0, head: 2 })
    expect(runOf(weeks, { from: '2026-01-01', to: '2026-01-02' })).toBeNull()
    expect(runOf(weeks, null)).toBeNull()
  })
})
