import { describe, expect, it } from 'vitest'

import { samplePoint } from '@/testing/samples'

import { gapsOf, pieces, withHoles } from './series'

const at = (minute: number) => new Date(minute * 60_000)
const points = [0, 5, 20, 25].map((minute) => samplePoint({ at: at(minute), chatters: minute, gapBefore: minute === 20 }))

describe('withHoles', () => {
  it('breaks the line where something is missing, and nowhere else', () => {
    const samples = withHoles(points, (one) => one.chatters)
    expect(samples.map(([, value]) => value)).toEqual([0, 5, null, 20, 25])
    const times = samples.map(([time]) => time)
    expect(times).toEqual([...times].sort((a, b) => a - b))
  })

  it('begins with the first capture, whatever came before', () => {
    expect(withHoles([samplePoint({ gapBefore: true })], (one) => one.chatters)).toHaveLength(1)
  })
})

it('gaps reach from the last capture before to the first after', () => {
  expect(gapsOf(points)).toEqual([{ from: at(5), to: at(20) }])
})

describe('pieces', () => {
  it('are what lies between holes', () => {
    expect(pieces([null, 1, 2, null, null, 3])).toEqual([
      { start: 1, values: [1, 2] },
      { start: 5, values: [3] },
    ])
    expect(pieces([null, null])).toEqual([])
    expect(pieces([])).toEqual([])
  })
})
