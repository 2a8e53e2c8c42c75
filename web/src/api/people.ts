/** Questions about people over time, and rooms held against each other. */
import type { Newcomers, SessionSubject, Subject, Verdict } from '@/domain/analysis'
import { sideText, type Comparison, type ListName, type Overlap, type Side } from '@/domain/comparison'
import { captureId, type AccountId, type CaptureId, type ChannelId } from '@/domain/ids'
import type { Account, Page, Participation, ParticipantList, Renamed, ReturnCohort } from '@/domain/people'

import { about, addressOf } from './analysis'
import { ask, http } from './client'
import { count, instant } from './parse'
import { parseNewcomers } from './parseAnalysis'
import { parseAccount, parseComparison, parseOverlap, parseParticipation, parseRenamed, parseReturnCohort } from './parsePeople'

/** As many as are read at a time; the next ones are asked for when somebody wants them. */
const PAGE = 100

const paged = (cursor: string | null) => ({ limit: PAGE, ...(cursor && { cursor }) })

type Cursor = string | null

export const fetchNewcomerPage = async (subject: Subject, cursor: Cursor, signal?: AbortSignal): Promise<Newcomers> =>
  parseNewcomers(await ask(http.GET('/api/v1/{subjects}/{id}/newcomers', { params: about(subject, paged(cursor)), signal })))

export const fetchParticipation = async (
  subject: Subject,
  list: ParticipantList,
  cursor: Cursor,
  signal?: AbortSignal,
): Promise<Participation> =>
  parseParticipation(await ask(http.GET('/api/v1/{subjects}/{id}/participation', { params: about(subject, { ...paged(cursor), list }), signal })))

export async function fetchRetention(subject: Subject, signal?: AbortSignal): Promise<ReturnCohort[]> {
  const wire = await ask(http.GET('/api/v1/{subjects}/{id}/retention', { params: about(subject, {}), signal }))
  return wire.cohorts.map(parseReturnCohort)
}

export async function fetchRenames(subject: Subject, cursor: Cursor, signal?: AbortSignal): Promise<Page<Renamed>> {
  const wire = await ask(http.GET('/api/v1/{subjects}/{id}/renames', { params: about(subject, paged(cursor)), signal }))
  return { total: count(wire.accounts), people: wire.people.map(parseRenamed), next: wire.next_cursor ?? null }
}

export async function fetchOverlap({ id, channels = [] }: SessionSubject, signal?: AbortSignal): Promise<Overlap> {
  const params = { path: { id }, query: { channel: [...channels] } }
  return parseOverlap(await ask(http.GET('/api/v1/sessions/{id}/overlap', { params, signal })))
}

export async function fetchComparison(
  a: Side,
  b: Side,
  list: ListName,
  cursor: Cursor,
  signal?: AbortSignal,
): Promise<Comparison> {
  const query = { a: sideText(a), b: sideText(b), list, ...paged(cursor) }
  return parseComparison(await ask(http.GET('/api/v1/captures/compare', { params: { query }, signal })))
}

export async function fetchAccount(id: AccountId, signal?: AbortSignal): Promise<Account> {
  const path = { id }
  return parseAccount(await ask(http.GET('/api/v1/accounts/{id}', { params: { path }, signal })))
}

/** Sets the mark that a channel's moderators have on an account; null takes it back. */
export async function judgeAccount(account: AccountId, channel: ChannelId, verdict: Verdict | null): Promise<void> {
  const params = { path: { id: account } }
  await ask(http.PUT('/api/v1/accounts/{id}/verdict', { params, body: { channel_id: channel, verdict } }))
}

/** A complete capture, as one is picked from a list. */
export interface CaptureChoice {
  readonly id: CaptureId
  readonly at: Date
  readonly chatters: number
}

/** As many as are offered to be picked from. */
const MOST_CAPTURES = 200

/** A channel's last captures, the newest first. */
export async function fetchCaptures(channel: ChannelId, signal?: AbortSignal): Promise<CaptureChoice[]> {
  const query = { channel, limit: MOST_CAPTURES }
  const wire = await ask(http.GET('/api/v1/captures', { params: { query }, signal }))
  return wire.captures.flatMap((capture) =>
    capture.status === 'complete' && capture.captured_at
      ? [{ id: captureId(capture.id), at: instant(capture.captured_at), chatters: count(capture.chatters_count) }]
      : [],
  )
}

export const FORMATS = ['csv', 'json', 'ndjson', 'parquet'] as const
export const WHATS = ['accounts', 'presences'] as const

/** Where a file with all of it is. */
export const exportAddress = (subject: Subject, what: (typeof WHATS)[number], format: (typeof FORMATS)[number]): string =>
  addressOf(subject, 'export', { what, format })
