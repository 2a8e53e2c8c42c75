import { describe, expect, it } from 'vitest'

import { pieces, withHoles, type CapturePoint } from './series'

const at = (minute: number) => new Date(minute * 60_000)
const point = (minute: number): CapturePoint => ({ at: at(minute), chatters: minute, viewers: null, arrived: 0, left: 0 })

describe('withHoles', () => {
  const points = [0, 5, 20, 25].map(point)
  const line = (from: number, to: number) => withHoles(points, [{ from: at(from), to: at(to) }], (one) => one.chatters)

  it('breaks the line where a gap lies between two captures', () => {
    expect(line(5, 20).map(([, value]) => value)).toEqual([0, 5, null, 20, 25])
    expect(line(9, 12).map(([, value]) => value)).toEqual([0, 5, null, 20, 25])
  })

  it('breaks nothing for a gap before, after, or none', () => {
    expect(line(-10, 0)).toHaveLength(4)
    expect(line(25, 40)).toHaveLength(4)
    expect(withHoles(points, [], (one) => one.chatters)).toHaveLength(4)
  })

  it('keeps samples in the order of time', () => {
    const times = line(5, 20).map(([time]) => time)
    expect(times).toEqual([...times].sort((a, b) => a - b))
  })
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
