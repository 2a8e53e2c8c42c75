/** Account-creation histograms: days gathered into bins, and a run of bins that somebody picked. */
import type { CreatedOn } from './analysis'

export interface Bin {
  /** First and last day, `2025-05-12`, both counted. */
  readonly from: string
  readonly to: string
  readonly accounts: number
  /** What this channel's chat usually holds of these days, scaled to as many accounts; null while there is no usual. */
  readonly usual: number | null
}

/** Days from one to the other, both counted. */
export interface Days {
  readonly from: string
  readonly to: string
}

export type Unit = 'day' | 'week' | 'month'

const DAY = 86_400_000
/** More bars than this are too thin to tell apart, or to hit. */
const MOST_BARS = 260

export const dayStart = (day: string): number => Date.parse(`${day}T00:00:00Z`)
export const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10)
const next = (day: string): string => dayOf(dayStart(day) + DAY)
const daysIn = ({ from, to }: Days): number => Math.round((dayStart(to) - dayStart(from)) / DAY) + 1

/** The finest unit whose bars are still wide enough to be hit. */
export function unitFor(span: Days): Unit {
  const days = daysIn(span)
  if (days <= MOST_BARS) return 'day'
  return days / 7 <= MOST_BARS ? 'week' : 'month'
}

/** The first day of the bin that a day lies in. */
function binStart(day: string, unit: Unit): string {
  if (unit === 'day') return day
  if (unit === 'month') return `${day.slice(0, 7)}-01`
  // 1970-01-01 was a Thursday; weeks begin on Monday.
  const since = Math.floor(dayStart(day) / DAY) + 3
  return dayOf(dayStart(day) - (since % 7) * DAY)
}

function binEnd(start: string, unit: Unit): string {
  if (unit === 'day') return start
  if (unit === 'week') return dayOf(dayStart(start) + 6 * DAY)
  const [year = 0, month = 0] = start.split('-').map(Number)
  return dayOf(Date.UTC(year, month, 0))
}

/** From the first day known to the last. */
export function spanOf(days: readonly CreatedOn[]): Days | null {
  const [first, last] = [days[0], days.at(-1)]
  return first && last ? { from: first.day, to: last.day } : null
}

/** The last days of a span. */
export const lastDays = (span: Days, days: number): Days => {
  const from = dayOf(dayStart(span.to) - (days - 1) * DAY)
  return { from: from < span.from ? span.from : from, to: span.to }
}

/** A stretch about some days that shows each of them as a bar of its own, if they are few enough. */
export function around(days: Days, whole: Days): Days {
  const margin = Math.max(14, Math.min(60, Math.floor((MOST_BARS - daysIn(days)) / 2))) * DAY
  const from = dayOf(dayStart(days.from) - margin)
  const to = dayOf(dayStart(days.to) + margin)
  return { from: from < whole.from && whole.from <= days.from ? whole.from : from, to: to > whole.to && whole.to >= days.to ? whole.to : to }
}

/** All bins of a span, empty ones too, so that the distance between bars is the time between them. */
export function binned(days: readonly CreatedOn[], span: Days, unit: Unit): Bin[] {
  const hasUsual = days.some((one) => one.usual !== null)
  const sums = new Map<string, { accounts: number; usual: number }>()
  for (const one of days) {
    if (one.day < span.from || one.day > span.to) continue
    const start = binStart(one.day, unit)
    const sum = sums.get(start) ?? { accounts: 0, usual: 0 }
    sums.set(start, { accounts: sum.accounts + one.accounts, usual: sum.usual + (one.usual ?? 0) })
  }
  const bins: Bin[] = []
  for (let start = binStart(span.from, unit); start <= span.to; start = next(binEnd(start, unit))) {
    const sum = sums.get(start) ?? { accounts: 0, usual: 0 }
    bins.push({ from: start, to: binEnd(start, unit), accounts: sum.accounts, usual: hasUsual ? sum.usual : null })
  }
  return bins
}

/** Bins from one to the other, both counted, in whichever order they were picked. */
export interface Run {
  readonly anchor: number
  readonly head: number
}

export const ends = (run: Run): readonly [first: number, last: number] => [
  Math.min(run.anchor, run.head),
  Math.max(run.anchor, run.head),
]

export const isWithin = (run: Run | null, i: number): boolean =>
  run !== null && ends(run)[0] <= i && i <= ends(run)[1]

export function totalOf(bins: readonly Bin[], run: Run): { accounts: number; from: string; to: string } | null {
  const [first, last] = ends(run)
  const picked = bins.slice(first, last + 1)
  const [head, tail] = [picked[0], picked.at(-1)]
  if (!head || !tail) return null
  return { accounts: picked.reduce((sum, bin) => sum + bin.accounts, 0), from: head.from, to: tail.to }
}

/** The run of bins that hold the days picked; null when none does. */
export function runOf(bins: readonly Bin[], days: Days | null): Run | null {
  if (!days) return null
  const anchor = bins.findIndex((bin) => bin.to >= days.from)
  const head = bins.findLastIndex((bin) => bin.from <= days.to)
  return anchor < 0 || head < anchor ? null : { anchor, head }
}

/** What a key does to the run: arrows go on by one, with shift they stretch it; Home and End go to the edges. */
export function moved(run: Run | null, key: string, stretch: boolean, count: number): Run | null {
  const from = run?.head ?? (key === 'ArrowLeft' ? count : -1)
  const target: Record<string, number> = { ArrowLeft: from - 1, ArrowRight: from + 1, Home: 0, End: count - 1 }
  const wanted = target[key]
  if (wanted === undefined || count === 0) return run
  const head = Math.max(0, Math.min(count - 1, wanted))
  return { anchor: stretch && run ? run.anchor : head, head }
}

export interface Tick {
  readonly i: number
  /** A first day of a year, or of a month when the years are too far apart. */
  readonly day: string
  readonly unit: 'year' | 'month'
}

/** Where years begin among the bins, or months when there are few years; thinned so that their names do not touch. */
export function ticksOf(bins: readonly Bin[], most: number): Tick[] {
  const starts = (length: number, unit: Tick['unit']): Tick[] =>
    bins.flatMap((bin, i) => {
      const name = bin.to.slice(0, length)
      return bins[i - 1]?.to.slice(0, length) === name ? [] : [{ i, day: bin.to, unit }]
    })
  const years = starts(4, 'year')
  const ticks = years.length >= 3 ? years : starts(7, 'month')
  const every = Math.max(1, Math.ceil(ticks.length / most))
  return ticks.filter((_, n) => n % every === 0)
}
