import { describe, expect, it } from 'vitest'

import { samplePoint } from '@/testing/samples'

import { liveGraphOption, type LiveGraphWords, type NamedMarker } from './liveGraphOption'
import type { ChartColors } from './useChartColors'

const at = (minute: number) => new Date(minute * 60_000)
const words: LiveGraphWords = {
  chatters: 'in chat',
  viewers: 'viewers',
  arrived: 'arrived',
  left: 'left',
  gap: 'no capture',
  number: String,
  time: (value) => `t${value.getTime() / 60_000}`,
  dateTime: (value) => `d${value.getTime() / 60_000}`,
}
const colors = new Proxy({}, { get: (_, name) => String(name) }) as ChartColors
const points = [
  samplePoint({ at: at(0), chatters: 10, viewers: 12, arrived: null, left: null }),
  samplePoint({ at: at(30), chatters: 14, viewers: null, arrived: 6, left: 2, gapBefore: true }),
]

interface Series {
  name: string
  data: (readonly [number, number | null])[]
  showSymbol: boolean
  symbolSize: (value: unknown, sample: { dataIndex: number }) => number
  markLine?: { data: unknown[] }
  markArea?: { data: unknown[] }
}
interface Shape {
  series: Series[]
  tooltip: { renderMode: string; formatter: (items: unknown[]) => string }
}
const option = liveGraphOption(
  { points, markers: [{ at: at(28), kind: 'raid', label: 'Raid' }], width: 900 },
  words,
  colors,
) as unknown as Shape
function labelled(markers: readonly NamedMarker[], width: number, some = points): string[] {
  const { series: lines } = liveGraphOption({ points: some, markers, width }, words, colors) as unknown as Shape
  const data = lines[0]!.markLine!.data as { name: string; label: { show: boolean } }[]
  return data.filter(({ label }) => label.show).map(({ name }) => name)
}
const series = (name: string) => option.series.find((one) => one.name === name)!

describe('liveGraphOption', () => {
  it('draws no line across a gap, and says where it is', () => {
    expect(series('in chat').data.map(([, value]) => value)).toEqual([10, null, 14])
    expect(series('in chat').markArea?.data).toEqual([
      [{ name: 'no capture', xAxis: at(0).getTime() }, { xAxis: at(30).getTime() }],
    ])
    const { data } = series('in chat').markLine!
    expect(data).toEqual([{ name: 'Raid', xAxis: at(28).getTime(), label: { show: true, align: 'right' } }])
  })

  it('names the markers that have room for words, raids and the latest first', () => {
    const markers = [
      { at: at(1), kind: 'streamStart', label: 'began' },
      { at: at(2), kind: 'raid', label: 'Raid' },
      { at: at(20), kind: 'streamEnd', label: 'ended' },
      { at: at(22), kind: 'streamStart', label: 'began again' },
      { at: at(31), kind: 'raid', label: 'not yet in sight' },
    ] as const
    expect(labelled(markers, 900)).toEqual(['Raid', 'began again'])
  })

  it('has room for fewer words on a phone', () => {
    const raids = (...minutes: number[]) => minutes.map((minute) => ({ at: at(minute), kind: 'raid' as const, label: `at ${minute}` }))
    expect(labelled(raids(9, 19), 900)).toEqual(['at 9', 'at 19'])
    expect(labelled(raids(9, 19), 290)).toEqual(['at 19'])
    expect(labelled(raids(1, 29), 290)).toEqual(['at 29'])
    expect(labelled(raids(1, 29), 350)).toEqual(['at 1', 'at 29'])
    // The words of both are between them, since outside they would be cut.
    expect(labelled(raids(9, 21), 400)).toEqual(['at 21'])
    expect(labelled(raids(9, 19), 0)).toEqual(['at 19'])
    // Beside a single capture all stand in one place.
    expect(labelled(raids(0, 1), 900, points.slice(0, 1))).toEqual(['at 1'])
  })

  it('says once that there was no capture', () => {
    const holes = [0, 10, 40, 50].map((minute) => samplePoint({ at: at(minute), gapBefore: minute > 0 }))
    const { series: lines } = liveGraphOption({ points: holes, markers: [], width: 900 }, words, colors) as unknown as Shape
    const names = (lines[0]!.markArea!.data as [{ name: string }, unknown][]).map(([{ name }]) => name)
    expect(names).toEqual(['', 'no capture', ''])
  })

  it('dots what no line leads to, and nothing else', () => {
    const dots = ({ data, showSymbol, symbolSize }: Series) =>
      data.filter((_, dataIndex) => showSymbol && symbolSize(null, { dataIndex }) >= 1).map(([, value]) => value)
    expect(dots(series('in chat'))).toEqual([10, 14])
    expect(dots(series('viewers'))).toEqual([12])
    const joined = points.map((point) => ({ ...point, gapBefore: false }))
    const { series: lines } = liveGraphOption({ points: joined, markers: [], width: 900 }, words, colors) as unknown as Shape
    expect(dots(lines[0]!)).toEqual([])
  })

  it('draws who left below the line, and shows it as the number it is', () => {
    expect(series('left').data.map(([, value]) => value)).toEqual([null, -2])
    const text = option.tooltip.formatter([
      { axisValue: at(30).getTime(), seriesName: 'in chat', value: [0, 14] },
      { axisValue: at(30).getTime(), seriesName: 'viewers', value: [0, null] },
      { axisValue: at(30).getTime(), seriesName: 'left', value: [0, -2] },
    ])
    expect(text).toBe('d30\nin chat  14\nleft  2')
  })

  it('writes no style attribute into the page', () => {
    expect(option.tooltip.renderMode).toBe('richText')
  })
})
