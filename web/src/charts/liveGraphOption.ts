/** The live graph as ECharts is told it: a pure function of what is shown, so that it can be tested without a canvas. */
import type { EChartsCoreOption } from 'echarts/core'

import { gapsOf, pieces, withHoles, type CapturePoint, type Sample } from '@/domain/series'

import type { ChartColors } from './useChartColors'

export interface NamedMarker {
  readonly at: Date
  readonly kind: 'raid' | 'streamStart' | 'streamEnd'
  /** As it is to be read. */
  readonly label: string
}

export interface LiveGraphData {
  readonly points: readonly CapturePoint[]
  readonly markers: readonly NamedMarker[]
  /** How wide the lines are drawn, in CSS pixels; 0 while nobody knows. */
  readonly width: number
}

export interface LiveGraphWords {
  readonly chatters: string
  readonly viewers: string
  readonly arrived: string
  readonly left: string
  readonly gap: string
  number(value: number): string
  time(value: Date): string
  dateTime(value: Date): string
}

interface TooltipItem {
  readonly axisValue: number
  readonly seriesName: string
  readonly value: readonly [number, number | null]
}

/** Beside the lines: room for six digits. */
export const SIDES = { left: 56, right: 8 } as const
/** So much of the whole width is between two markers with words, at least. */
const APART = 1 / 4
/** CSS pixels that a marker's words need. */
const WORDS = 160
/** From this width on, in CSS pixels, there is room for as many words as there ever is. */
export const WIDE = 6 * WORDS

const length = ({ from, to }: { from: Date; to: Date }): number => to.getTime() - from.getTime()

/** A marker that is drawn; places and lengths are parts of the whole width. */
interface Placed {
  readonly marker: NamedMarker
  readonly along: number
  /** Where its words begin. */
  readonly words: number
}

/** How far along the captures something was; null outside them, where nothing is drawn. */
function alongOf(at: Date, points: readonly CapturePoint[]): number | null {
  const [first, last] = [points[0], points.at(-1)]
  const whole = first && last ? length({ from: first.at, to: last.at }) : 0
  // A single capture stands in the middle of two days, and all that is known beside it.
  if (!first || !last || whole === 0) return 1 / 2
  return at < first.at || at > last.at ? null : length({ from: first.at, to: at }) / whole
}

/** On which side of a marker its words are: near an edge they would be cut there. */
function inward(along: number | null): 'left' | 'center' | 'right' {
  if (along === null) return 'center'
  if (along > 2 / 3) return 'right'
  return along < 1 / 3 ? 'left' : 'center'
}

/** Those markers whose words have room beside one another, raids and the latest first: the others are lines alone. */
function withRoom({ markers, points, width }: LiveGraphData): Set<NamedMarker> {
  const room = Math.min(1, WORDS / width)
  const before = { left: 0, center: room / 2, right: room }
  // A raid is told of before a capture holds it.
  const drawn = markers.flatMap((marker): Placed[] => {
    const along = alongOf(marker.at, points)
    return along === null ? [] : [{ marker, along, words: along - before[inward(along)] }]
  })
  const inTurn = drawn.toSorted(
    ({ marker: a }, { marker: b }) => Number(b.kind === 'raid') - Number(a.kind === 'raid') || b.at.getTime() - a.at.getTime(),
  )
  const named: Placed[] = []
  for (const one of inTurn) {
    const isFree = named.every((other) => Math.abs(one.along - other.along) >= APART && Math.abs(one.words - other.words) >= room)
    if (isFree) named.push(one)
  }
  return new Set(named.map(({ marker }) => marker))
}

/** No line leads to a sample that is alone: it gets a dot, or nothing of it would be seen. */
function line(samples: readonly Sample[]) {
  const parts = pieces(samples.map(([, value]) => value))
  const alone = new Set(parts.filter(({ values }) => values.length === 1).map(({ start }) => start))
  return {
    data: samples,
    connectNulls: false,
    symbol: 'circle',
    showSymbol: alone.size > 0,
    showAllSymbol: true,
    // Not nothing, which could not be made larger for the one that is pointed at.
    symbolSize: (_: unknown, { dataIndex }: { dataIndex: number }) => (alone.has(dataIndex) ? 6 : 0.01),
  }
}

export function liveGraphOption(data: LiveGraphData, words: LiveGraphWords, colors: ChartColors): EChartsCoreOption {
  const { points, markers } = data
  const gaps = gapsOf(points)
  const widest = gaps.toSorted((a, b) => length(b) - length(a))[0]
  const named = withRoom(data)
  const axis = { axisLine: { show: false }, axisTick: { show: false } }
  const label = { color: colors.quiet, fontFamily: colors.font, fontSize: 12 }
  const count = { ...label, formatter: (value: number) => words.number(Math.abs(value)) }
  const bars = (value: (point: CapturePoint) => number | null) =>
    points.map((point) => [point.at.getTime(), value(point)] as const)
  const negative = (value: number | null) => (value === null ? null : -value)

  return {
    animation: false,
    textStyle: { fontFamily: colors.font },
    aria: { enabled: false },
    // Told here, since trying out where every label goes takes as long as all the rest.
    grid: [
      { ...SIDES, top: 24, height: '58%', outerBoundsMode: 'none' },
      { ...SIDES, bottom: 24, height: '18%', outerBoundsMode: 'none' },
    ],
    axisPointer: { link: [{ xAxisIndex: 'all' }], lineStyle: { color: colors.quiet } },
    xAxis: [0, 1].map((gridIndex) => ({
      type: 'time',
      // Captures are minutes apart; a finer scale would say the same time twice.
      minInterval: 60_000,
      gridIndex,
      ...axis,
      splitLine: { show: false },
      axisLabel: { ...label, show: gridIndex === 1, hideOverlap: true, formatter: (value: number) => words.time(new Date(value)) },
    })),
    yAxis: [0, 1].map((gridIndex) => ({
      type: 'value',
      gridIndex,
      ...axis,
      splitNumber: gridIndex === 0 ? 4 : 2,
      splitLine: { lineStyle: { color: colors.line } },
      axisLabel: count,
    })),
    tooltip: {
      trigger: 'axis',
      // Drawn, not written: an HTML tooltip is made of style attributes, which our policy refuses.
      renderMode: 'richText',
      backgroundColor: colors.surface,
      borderColor: colors.line,
      textStyle: { color: colors.text, fontFamily: colors.font, fontSize: 13 },
      formatter: (items: readonly TooltipItem[]) => tooltip(items, words),
    },
    series: [
      {
        name: words.chatters,
        type: 'line',
        ...line(withHoles(points, (point) => point.chatters)),
        lineStyle: { color: colors.accent, width: 2 },
        itemStyle: { color: colors.accent },
        markLine: {
          silent: true,
          symbol: 'none',
          lineStyle: { color: colors.quiet, type: 'dotted' },
          label: { color: colors.text, fontFamily: colors.font, fontSize: 12, formatter: '{b}' },
          data: markers.map((marker) => ({
            name: marker.label,
            xAxis: marker.at.getTime(),
            label: { show: named.has(marker), align: inward(alongOf(marker.at, points)) },
          })),
        },
        markArea: {
          silent: true,
          itemStyle: { color: colors.line },
          label: { color: colors.quiet, fontFamily: colors.font, fontSize: 12, position: 'insideBottom' },
          // Said once: they all look the same.
          data: gaps.map((gap) => [{ name: gap === widest ? words.gap : '', xAxis: gap.from.getTime() }, { xAxis: gap.to.getTime() }]),
        },
      },
      {
        name: words.viewers,
        type: 'line',
        ...line(withHoles(points, (point) => point.viewers)),
        lineStyle: { color: colors.quiet, width: 1.5, type: 'dashed' },
        itemStyle: { color: colors.quiet },
      },
      {
        name: words.arrived,
        type: 'bar',
        stack: 'moves',
        xAxisIndex: 1,
        yAxisIndex: 1,
        barMaxWidth: 8,
        data: bars((point) => point.arrived),
        itemStyle: { color: colors.accent },
      },
      {
        name: words.left,
        type: 'bar',
        stack: 'moves',
        xAxisIndex: 1,
        yAxisIndex: 1,
        barMaxWidth: 8,
        data: bars((point) => negative(point.left)),
        itemStyle: { color: colors.bar },
      },
    ],
  }
}

function tooltip(items: readonly TooltipItem[], words: LiveGraphWords): string {
  const [first] = items
  if (!first) return ''
  const lines = items.flatMap(({ seriesName, value }) =>
    value[1] === null ? [] : [`${seriesName}  ${words.number(Math.abs(value[1]))}`],
  )
  return [words.dateTime(new Date(first.axisValue)), ...(lines.length > 0 ? lines : [words.gap])].join('\n')
}
