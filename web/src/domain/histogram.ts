/** Account-creation histograms: bins of whole days, and a run of bins that somebody picked. */

export interface Bin {
  /** First and last day, `2025-05-12`, both counted. */
  readonly from: string
  readonly to: string
  readonly accounts: number
  /** What this channel's chat usually holds of these days, scaled to as many accounts; null while there is no usual. */
  readonly usual: number | null
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

/** What a key does to the run: arrows go on by one, with shift they stretch it; Home and End go to the edges. */
export function moved(run: Run | null, key: string, stretch: boolean, count: number): Run | null {
  const from = run?.head ?? (key === 'ArrowLeft' ? count : -1)
  const target: Record<string, number> = { ArrowLeft: from - 1, ArrowRight: from + 1, Home: 0, End: count - 1 }
  const wanted = target[key]
  if (wanted === undefined || count === 0) return run
  const head = Math.max(0, Math.min(count - 1, wanted))
  return { anchor: stretch && run ? run.anchor : head, head }
}

/** Where years begin among the bins, thinned so that their names do not touch. */
export function yearTicks(bins: readonly Bin[], most: number): { i: number; year: string }[] {
  const ticks = bins.flatMap((bin, i) => {
    const year = bin.from.slice(0, 4)
    return i > 0 && bins[i - 1]?.from.slice(0, 4) === year ? [] : [{ i, year }]
  })
  const every = Math.max(1, Math.ceil(ticks.length / most))
  return ticks.filter((_, n) => n % every === 0)
}
