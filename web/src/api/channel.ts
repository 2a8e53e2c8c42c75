/** What one asks of a channel and does to it: its broadcasts, its schedule, and what its moderators say of its viewers. */
import type { Stream, Verdict } from '@/domain/analysis'
import type { Schedule } from '@/domain/channel'
import type { AccountId, ChannelId } from '@/domain/ids'

import { ask, http } from './client'
import type { Wire } from './parse'
import { parseStream, parseVerdict } from './parseAnalysis'

const at = (id: ChannelId) => ({ path: { id } })

/** The newest broadcasts; older ones are in the sessions. */
export async function fetchStreams(channel: ChannelId, signal?: AbortSignal): Promise<Stream[]> {
  const { streams } = await ask(http.GET('/api/v1/channels/{id}/streams', { params: at(channel), signal }))
  return streams.map(parseStream)
}

/** As many as one request may carry, whichever way. */
const PAGE = 10_000

export async function fetchVerdicts(channel: ChannelId, signal?: AbortSignal): Promise<ReadonlyMap<AccountId, Verdict>> {
  const verdicts = new Map<AccountId, Verdict>()
  for (let cursor: string | null = ''; cursor !== null; ) {
    const query: { limit: number; cursor?: string } = { limit: PAGE, ...(cursor !== '' && { cursor }) }
    const page: Wire['Verdicts'] = await ask(
      http.GET('/api/v1/channels/{id}/verdicts', { params: { ...at(channel), query }, signal }),
    )
    page.verdicts.map(parseVerdict).forEach(([account, verdict]) => verdicts.set(account, verdict))
    cursor = page.next_cursor
  }
  return verdicts
}

/** Sets, or with null takes back, the verdict on accounts. */
export async function putVerdicts(
  channel: ChannelId,
  accounts: readonly AccountId[],
  verdict: Verdict | null,
): Promise<void> {
  for (let i = 0; i < accounts.length; i += PAGE) {
    const body = { account_ids: accounts.slice(i, i + PAGE), verdict }
    await ask(http.PUT('/api/v1/channels/{id}/verdicts', { params: at(channel), body }))
  }
}

export type WantedSchedule = Pick<Schedule, 'intervalMinutes' | 'onlyLive'>

/** Captures the channel at an interval from now on; null ends that. */
export async function putSchedule(channel: ChannelId, wanted: WantedSchedule | null): Promise<void> {
  const params = at(channel)
  if (wanted === null) {
    await ask(http.DELETE('/api/v1/channels/{id}/schedule', { params }))
    return
  }
  const body = { interval_minutes: wanted.intervalMinutes, only_live: wanted.onlyLive }
  await ask(http.PUT('/api/v1/channels/{id}/schedule', { params, body }))
}
