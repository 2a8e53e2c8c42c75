/** The rows of a cohort table, and what one does to them: sort, filter, pick. */
import type { AccountId } from './ids'

export interface CohortRow {
  readonly id: AccountId
  readonly login: string
  readonly displayName: string
  /** Null while Twitch has not been asked. */
  readonly createdAt: Date | null
  readonly firstSeen: Date
  /** In how many of the captures shown. */
  readonly captures: number
  /** Comes back broadcast after broadcast. */
  readonly regular: boolean
  /** The likely coordinated group it was put in, by its name. */
  readonly group: string | null
}

export type SortKey = 'login' | 'createdAt' | 'firstSeen' | 'captures' | 'group'

export interface Order {
  readonly key: SortKey
  readonly descending: boolean
}

/** A column that is pressed again turns round; another begins with what one looks for: the newest, the most. */
export function pressed(order: Order, key: SortKey): Order {
  if (order.key === key) return { key, descending: !order.descending }
  return { key, descending: key !== 'login' && key !== 'group' }
}

const collator = new Intl.Collator('en', { numeric: true })

function compare(a: CohortRow, b: CohortRow, key: SortKey): number {
  switch (key) {
    case 'login':
      return collator.compare(a.login, b.login)
    case 'group':
      return collator.compare(a.group ?? '', b.group ?? '')
    case 'captures':
      return a.captures - b.captures
    case 'createdAt':
      return (a.createdAt?.getTime() ?? 0) - (b.createdAt?.getTime() ?? 0)
    case 'firstSeen':
      return a.firstSeen.getTime() - b.firstSeen.getTime()
  }
}

const isUnknown = (row: CohortRow, key: SortKey): boolean =>
  (key === 'createdAt' && row.createdAt === null) || (key === 'group' && row.group === null)

/** In the order wanted; what is unknown comes last whichever way one sorts, and equals stand by login. */
export function inOrder(rows: readonly CohortRow[], { key, descending }: Order): CohortRow[] {
  const turn = descending ? -1 : 1
  return [...rows].sort(
    (a, b) =>
      Number(isUnknown(a, key)) - Number(isUnknown(b, key)) ||
      turn * compare(a, b, key) ||
      collator.compare(a.login, b.login),
  )
}

export function matching(rows: readonly CohortRow[], text: string): readonly CohortRow[] {
  const wanted = text.trim().toLowerCase()
  if (wanted === '') return rows
  return rows.filter((row) => row.login.includes(wanted) || row.displayName.toLowerCase().includes(wanted))
}

/** The ids from one row to another, both counted, in either direction. */
export function between(rows: readonly CohortRow[], a: number, b: number): AccountId[] {
  return rows.slice(Math.min(a, b), Math.max(a, b) + 1).map((row) => row.id)
}

export const banLines = (rows: readonly CohortRow[]): string => rows.map((row) => `/ban ${row.login}`).join('\n')
