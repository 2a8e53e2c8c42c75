/**
 * What in a room strikes the eye: creation dates that come up too often, and a rush of arrivals. Counts are compared
 * with what was to be expected; nothing is called by a name. Whether it is a coordinated group is for the analysis of
 * groups to say.
 */
import { isThinned, type CreatedOn, type Evolution } from './analysis'
import { dayOf, dayStart, type Days } from './histogram'

export interface Peak extends Days {
  readonly accounts: number
  /** How many one would have expected of these days. */
  readonly expected: number
}

export interface Rush {
  readonly at: Date
  /** The capture before. */
  readonly since: Date
  readonly arrived: number
  /** The median of the other captures. */
  readonly usual: number
}

const DAY = 86_400_000
/** Batches are registered within hours, a week, or ten days: each is looked for at its own width. */
const WIDTHS = [1, 3, 7, 14] as const
/** How far around a peak to look for what is normal there. */
const AROUND = 45
/** Fewer are a coincidence whatever was expected: ten, and more in larger rooms, where some day always stands out. */
const FEWEST = 10
const fewestOf = (room: number): number => Math.max(FEWEST, Math.sqrt(room) / 2)
const TIMES = 3
/** Standard deviations of a Poisson count above what was expected. */
const SCORE = 8

/**
 * The most striking creation days; null when none strikes.
 *
 * Expected is the larger of what is usual for the channel and of what the days around hold: other broadcasts know
 * nothing of accounts created after them, and young accounts are commoner than old ones in every room.
 */
export function peakOf(days: readonly CreatedOn[]): Peak | null {
  const [head, tail] = [days[0], days.at(-1)]
  if (!head || !tail) return null
  const first = dayStart(head.day)
  const count = Math.round((dayStart(tail.day) - first) / DAY) + 1
  const accounts = new Float64Array(count + 1)
  const usual = new Float64Array(count + 1)
  for (const one of days) {
    const i = Math.round((dayStart(one.day) - first) / DAY)
    accounts[i + 1] = one.accounts
    usual[i + 1] = one.usual ?? 0
  }
  for (let i = 1; i <= count; i += 1) {
    accounts[i] = (accounts[i] ?? 0) + (accounts[i - 1] ?? 0)
    usual[i] = (usual[i] ?? 0) + (usual[i - 1] ?? 0)
  }
  const sum = (of: Float64Array, from: number, to: number) => (of[Math.min(count, to)] ?? 0) - (of[Math.max(0, from)] ?? 0)

  const fewest = fewestOf(sum(accounts, 0, count))
  let best: { peak: Peak; score: number } | null = null
  for (const one of days) {
    const from = Math.round((dayStart(one.day) - first) / DAY)
    for (const width of WIDTHS) {
      const to = Math.min(count, from + width)
      const seen = sum(accounts, from, to)
      if (seen < fewest) continue
      const lastSeen = Math.min(count, to + AROUND)
      const around = Math.max(1, Math.min(from, AROUND) + (lastSeen - to))
      const near = ((sum(accounts, from - AROUND, from) + sum(accounts, to, lastSeen)) / around) * (to - from)
      const expected = Math.max(sum(usual, from, to), near)
      const score = (seen - expected) / Math.sqrt(Math.max(1, expected))
      if (seen < TIMES * expected || score < SCORE || (best && score <= best.score)) continue
      best = { score, peak: { from: dayOf(first + from * DAY), to: dayOf(first + (to - 1) * DAY), accounts: seen, expected } }
    }
  }
  return best?.peak ?? null
}

/** How many captures back a rush is still news. */
const RECENT = 4
/** So many captures must tell what is usual. */
const ENOUGH = 3

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}

type Captures = Pick<Evolution, 'coverage' | 'points'>

/** Arrivals from one capture to the next; none where captures are left out, of which one may be the next. */
function movesOf(captures: Captures): Omit<Rush, 'usual'>[] {
  if (isThinned(captures)) return []
  return captures.points.flatMap((point, i) => {
    const before = captures.points[i - 1]
    // What came during a gap came in more time than usual.
    return before && !point.gapBefore && point.arrived !== null ? [{ at: point.at, since: before.at, arrived: point.arrived }] : []
  })
}

/** Whether there are captures enough to tell a rush from what is usual. */
export const canTellRush = (captures: Captures): boolean => movesOf(captures).length > ENOUGH

/**
 * The greatest rush of arrivals among the last captures, or among all when `recent` is false; null when there is none,
 * or when nobody could tell (`canTellRush`).
 */
export function rushOf(captures: Captures, recent: boolean): Rush | null {
  const moves = movesOf(captures)
  const [top] = (recent ? moves.slice(-RECENT) : moves).toSorted((a, b) => b.arrived - a.arrived)
  if (!top || moves.length <= ENOUGH) return null
  const usual = median(moves.filter((move) => move !== top).map((move) => move.arrived))
  return top.arrived >= FEWEST && top.arrived >= TIMES * Math.max(1, usual) ? { ...top, usual } : null
}
