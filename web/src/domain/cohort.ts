/** The rows of a cohort table, and what one does to them: sort, filter, pick. */
import type { Origin, Verdict } from './analysis'
import type { AccountId } from './ids'

export interface CohortRow {
  readonly id: AccountId
  readonly login: string
  readonly displayName: string
  /** Null while Twitch has not been asked. */
  readonly createdAt: Date | null
  readonly firstSeen: Date
  readonly lastSeen: Date
  /** In how many of the captures shown. */
  readonly captures: number
  /** Comes back broadcast after broadcast. */
  readonly regular: boolean
}

/** What else is known of a row's account, from other answers. */
export interface Known {
  /** Null for who was seen here before. */
  readonly origin: Origin | null
  readonly verdict: Verdict | null
}

/** How somebody stands to the channel: comes back, or how they came as a newcomer; null for neither. */
export const tieOf = (row: CohortRow, origin: Origin | null): 'regular' | Origin | null => (row.regular ? 'regular' : origin)

/** Which of a room's accounts are shown. */
export const SHOWS = ['all', 'newcomers', 'raid', 'wave', 'suspicious', 'people'] as const
export type Show = (typeof SHOWS)[number]

export type SortKey = 'login' | 'createdAt' | 'firstSeen' | 'captures' | 'tie'

export interface Order {
  readonly key: SortKey
  readonly descending: boolean
}

export const NEWEST: Order = { key: 'createdAt', descending: true }

/** A column that is pressed again turns round; another begins with what one looks for: the newest, the most. */
export function pressed(order: Order, key: SortKey): Order {
  if (order.key === key) return { key, descending: !order.descending }
  return { key, descending: key !== 'login' }
}

const collator = new Intl.Collator('en', { numeric: true })

// From whom one knows to whom one looks for: a tie first, and those of one tie by their mark.
const TIES = ['regular', null, 'organic', 'raid', 'wave'] as const
const MARKS = ['people', null, 'suspicious'] as const
const UNTIED = TIES.indexOf(null) * MARKS.length + MARKS.indexOf(null)

function tieRank(row: CohortRow, { origin, verdict }: Known): number {
  return TIES.indexOf(tieOf(row, origin)) * MARKS.length + MARKS.indexOf(verdict)
}

/** A row, and where it stands among ties; that is asked of other answers, once a row. */
interface Ranked {
  readonly row: CohortRow
  readonly tie: number
}

function compare({ row: a, tie: tieA }: Ranked, { row: b, tie: tieB }: Ranked, key: SortKey): number {
  switch (key) {
    case 'login':
      return collator.compare(a.login, b.login)
    case 'captures':
      return a.captures - b.captures
    case 'createdAt':
      return (a.createdAt?.getTime() ?? 0) - (b.createdAt?.getTime() ?? 0)
    case 'firstSeen':
      return a.firstSeen.getTime() - b.firstSeen.getTime()
    case 'tie':
      return tieA - tieB
  }
}

const isUnknown = ({ row, tie }: Ranked, key: SortKey): boolean =>
  (key === 'createdAt' && row.createdAt === null) || (key === 'tie' && tie === UNTIED)

const NOTHING: Known = { origin: null, verdict: null }

/** In the order wanted; what is unknown comes last whichever way one sorts, and equals stand by login. */
export function inOrder(
  rows: readonly CohortRow[],
  { key, descending }: Order,
  about: (id: AccountId) => Known = () => NOTHING,
): CohortRow[] {
  const turn = descending ? -1 : 1
  return rows
    .map((row): Ranked => ({ row, tie: key === 'tie' ? tieRank(row, about(row.id)) : UNTIED }))
    .sort(
      (a, b) =>
        Number(isUnknown(a, key)) - Number(isUnknown(b, key)) ||
        turn * compare(a, b, key) ||
        collator.compare(a.row.login, b.row.login),
    )
    .map(({ row }) => row)
}

export function matching(rows: readonly CohortRow[], text: string): readonly CohortRow[] {
  const wanted = text.trim().toLowerCase()
  if (wanted === '') return rows
  return rows.filter((row) => row.login.includes(wanted) || row.displayName.toLowerCase().includes(wanted))
}

/** Of the rows picked, those that the filter leaves in sight: nobody bans whom they do not see. */
export const pickedInSight = (rows: readonly CohortRow[], text: string, picked: ReadonlySet<AccountId>): CohortRow[] =>
  matching(rows, text).filter((row) => picked.has(row.id))

/** Those created on the days from one to the other (UTC), both counted. */
export function createdBetween(rows: readonly CohortRow[], from: string, to: string): CohortRow[] {
  const first = Date.parse(`${from}T00:00:00Z`)
  const end = Date.parse(`${to}T00:00:00Z`) + 86_400_000
  return rows.filter(({ createdAt }) => createdAt !== null && createdAt.getTime() >= first && createdAt.getTime() < end)
}

/** The ids from one row to another, both counted, in either direction. */
export function between(rows: readonly CohortRow[], a: number, b: number): AccountId[] {
  return rows.slice(Math.min(a, b), Math.max(a, b) + 1).map((row) => row.id)
}

export const banLines = (rows: readonly CohortRow[]): string => rows.map((row) => `/ban ${row.login}`).join('\n')

/** A spreadsheet would run a cell that begins like a formula. */
const cell = (text: string): string => {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/**
 * The rows as CSV (RFC 4180), with a head and times in ISO 8601, as the export of the whole has them; with verdicts where
 * those are known.
 */
export function csvOf(rows: readonly CohortRow[], verdictOf?: (id: AccountId) => Verdict | null): string {
  const head = ['twitch_id', 'login', 'display_name', 'created_at', 'first_seen_at', 'last_seen_at', 'captures', 'regular']
  if (verdictOf) head.push('verdict')
  const lines = rows.map((row) => [
    row.id,
    row.login,
    row.displayName,
    row.createdAt?.toISOString() ?? '',
    row.firstSeen.toISOString(),
    row.lastSeen.toISOString(),
    String(row.captures),
    String(row.regular),
    ...(verdictOf ? [verdictOf(row.id) ?? ''] : []),
  ])
  return [head, ...lines].map((line) => line.map(cell).join(',')).join('\r\n') + '\r\n'
}
