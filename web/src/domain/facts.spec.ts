import { describe, expect, it } from 'vitest'

import { NOON, samplePoint } from '@/testing/samples'

import type { Creations, Evolution, RaidSeen } from './analysis'
import { calmOf, factsOf, SOURCES, type Sources } from './facts'
import { channelId } from './ids'

const minutes = (n: number) => new Date(NOON.getTime() + n * 60_000)
const coverage = { captures: 5, gaps: 0, first: null, last: null }
const evolution: Evolution = {
  coverage,
  points: [null, 30, 40, 35, 410].map((arrived, i) => samplePoint({ at: minutes(i * 5), arrived })),
  markers: [],
}
const creations: Creations = {
  coverage,
  accounts: 400,
  known: 400,
  broadcasts: 3,
  days: [
    { day: '2025-05-11', accounts: 1, usual: 1 },
    { day: '2025-05-12', accounts: 87, usual: 1 },
    { day: '2025-05-13', accounts: 1, usual: 1 },
  ],
}
const raid = (at: Date): RaidSeen => ({
  id: '1',
  channel: channelId('1'),
  from: 'lumi',
  at,
  announced: 250,
  arrived: null,
  seenAtSource: null,
  stayed: null,
  cameBack: null,
})
const kinds = (change: object, now = minutes(21)) =>
  factsOf({ evolution, creations, raids: [], isNow: true, ...change }, now).map((fact) => fact.kind)

describe('factsOf', () => {
  it('tells a raid first, while it explains what one sees', () => {
    expect(kinds({ raids: [raid(minutes(10))] })).toEqual(['raid', 'peak', 'rush'])
    expect(kinds({ raids: [raid(minutes(-30))] })).toEqual(['peak', 'rush'])
    expect(kinds({ raids: [raid(minutes(10))], isNow: false })).toEqual(['peak', 'rush'])
  })

  it('does not tell the arrivals that a raid explains', () => {
    expect(kinds({ raids: [raid(minutes(17))] })).toEqual(['raid', 'peak'])
    expect(kinds({ raids: [raid(minutes(17))], isNow: false })).toEqual(['peak'])
  })

  it('has nothing to tell of what is not known yet', () => {
    expect(kinds({ evolution: undefined, creations: undefined, raids: undefined })).toEqual([])
  })
})

describe('calmOf', () => {
  const all: Sources = { arrivals: 'known', creations: 'known', raids: 'known' }

  it('gives the all-clear only when no answer is missing', () => {
    expect(calmOf(all, 1, false)).toBe('none')
    for (const source of SOURCES) {
      expect(calmOf({ ...all, [source]: 'waiting' }, 1, false), source).toBe('loading')
      expect(calmOf({ ...all, [source]: 'failed' }, 1, false), source).toBe('unknown')
    }
    expect(calmOf({ arrivals: 'waiting', creations: 'failed', raids: 'known' }, 1, false)).toBe('unknown')
  })

  it('and not of arrivals that too few captures tell of', () => {
    expect(calmOf(all, 1, true)).toBe('rushUnknown')
    expect(calmOf(all, 0.5, true)).toBe('soFar')
    expect(calmOf({ ...all, raids: 'failed' }, 1, true)).toBe('unknown')
  })

  it('and only from most of the dates on; what would read as 0 % is none', () => {
    expect(calmOf(all, 0.89, false)).toBe('soFar')
    expect(calmOf(all, 0.001, false)).toBe('soFar')
    for (const none of [0, 0.0009, null]) expect(calmOf(all, none, false)).toBe('noDates')
  })
})
