/** Questions about a session, a broadcast, a capture or a channel: the same ones for each. */
import { channelsOf, type Creations, type Evolution, type Newcomers, type RaidSeen, type Subject } from '@/domain/analysis'
import type { CohortRow } from '@/domain/cohort'

import { ask, http } from './client'
import { parseAccountRow, parseCreations, parseEvolution, parseNewcomers, parseRaid } from './parseAnalysis'

type Query = Readonly<Record<string, string | number>>

/** Where the browser itself asks a question about a subject: for a download. */
export function addressOf(subject: Subject, question: string, query: Query = {}): string {
  const parameters = new URLSearchParams([
    ...channelsOf(subject).map((channel) => ['channel', channel]),
    ...Object.entries(query).map(([name, value]) => [name, String(value)]),
  ]).toString()
  return `/api/v1/${subject.kind}s/${subject.id}/${question}${parameters === '' ? '' : `?${parameters}`}`
}

/** Path and parameters of a question about a subject, narrowed to the channels that it names. */
export const about = <Q extends object>(subject: Subject, query: Q) => ({
  path: { subjects: `${subject.kind}s` as const, id: subject.id },
  query: { channel: [...channelsOf(subject)], ...query },
})

/** More captures than this are thinned out by the server, which keeps every peak and valley. */
const MOST_POINTS = 1_500

export const fetchEvolution = async (subject: Subject, signal?: AbortSignal): Promise<Evolution> =>
  parseEvolution(
    await ask(
      http.GET('/api/v1/{subjects}/{id}/evolution', { params: about(subject, { points: MOST_POINTS }), signal }),
    ),
  )

export const fetchCreations = async (subject: Subject, signal?: AbortSignal): Promise<Creations> =>
  parseCreations(
    await ask(http.GET('/api/v1/{subjects}/{id}/creations', { params: about(subject, { unit: 'day' as const }), signal })),
  )

export async function fetchRaids(subject: Subject, signal?: AbortSignal): Promise<RaidSeen[]> {
  const { raids } = await ask(http.GET('/api/v1/{subjects}/{id}/raids', { params: about(subject, {}), signal }))
  return raids.map(parseRaid)
}

const NEWCOMERS_PAGE = 1_000
const MOST_NEWCOMERS = 10_000

export async function fetchNewcomers(subject: Subject, signal?: AbortSignal): Promise<Newcomers> {
  const pageAfter = async (cursor: string | null): Promise<Newcomers> => {
    const query = { limit: NEWCOMERS_PAGE, ...(cursor !== null && { cursor }) }
    return parseNewcomers(
      await ask(http.GET('/api/v1/{subjects}/{id}/newcomers', { params: about(subject, query), signal })),
    )
  }
  const first = await pageAfter(null)
  const people = [...first.people]
  let next = first.next
  while (next !== null && people.length < MOST_NEWCOMERS) {
    const page = await pageAfter(next)
    people.push(...page.people)
    next = page.next
  }
  return { ...first, people, next }
}

const ACCOUNTS_PAGE = 10_000

export interface AccountsPage {
  readonly total: number
  readonly rows: readonly CohortRow[]
  readonly next: string | null
}

/** The accounts of a room by their creation, oldest first; of `created` only when it is given. */
export async function fetchAccounts(
  subject: Subject,
  created: { readonly from: Date; readonly to: Date } | null,
  cursor: string | null,
  signal?: AbortSignal,
): Promise<AccountsPage> {
  const query = {
    limit: ACCOUNTS_PAGE,
    ...(created && { created_from: created.from.toISOString(), created_to: created.to.toISOString() }),
    ...(cursor !== null && { cursor }),
  }
  const wire = await ask(http.GET('/api/v1/{subjects}/{id}/accounts', { params: about(subject, query), signal }))
  return { total: wire.accounts, rows: wire.people.map(parseAccountRow), next: wire.next_cursor ?? null }
}
