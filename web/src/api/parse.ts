/** From the wire to the domain: the only place that knows both. What cannot be true is refused here. */
import type { Channel, ChannelList, ChannelName } from '@/domain/channel'
import { captureId, channelId, jobId, sessionUuid, userId } from '@/domain/ids'
import type { Job, JobFailure } from '@/domain/job'
import type { CreationDay, Session, SessionSummary } from '@/domain/session'
import type { Me } from '@/domain/user'

import { ContractError } from './problem'
import type { components } from './schema'

export type Wire = components['schemas']

export function instant(text: string): Date {
  const date = new Date(text)
  if (Number.isNaN(date.getTime())) throw new ContractError(`not a time: ${text}`)
  return date
}

export function count(value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) throw new ContractError(`not a count: ${value}`)
  return value
}

export const instantOrNull = (text: string | null | undefined): Date | null => (text ? instant(text) : null)

function calendarDay(text: string): string {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) throw new ContractError(`not a day: ${text}`)
  return text
}

export function parseMe(wire: Wire['Me']): Me {
  return {
    id: userId(wire.user.id),
    login: wire.user.login,
    displayName: wire.user.display_name,
    imageUrl: wire.user.profile_image_url ?? null,
    scopes: wire.scopes,
    grant: wire.grant,
  }
}

const parseName = (wire: Wire['ChannelName']): ChannelName => ({
  id: channelId(wire.id),
  login: wire.login,
  displayName: wire.display_name,
})

export function parseChannel(wire: Wire['Channel']): Channel {
  return {
    ...parseName(wire),
    imageUrl: wire.profile_image_url,
    role: wire.role,
    live: wire.live
      ? { startedAt: instant(wire.live.started_at), viewers: count(wire.live.viewer_count), title: wire.live.title }
      : null,
    lastCapture: wire.last_capture
      ? {
          id: captureId(wire.last_capture.id),
          capturedAt: instant(wire.last_capture.captured_at),
          chatters: count(wire.last_capture.chatters_count),
        }
      : null,
    schedule: wire.schedule
      ? {
          intervalMinutes: count(wire.schedule.interval_minutes),
          onlyLive: wire.schedule.only_live,
          nextAt: instant(wire.schedule.next_slot),
          pausedReason: wire.schedule.paused_reason,
        }
      : null,
    recent: wire.recent.map(({ at, chatters }) => ({ at: instant(at), chatters: chatters === null ? null : count(chatters) })),
  }
}

export const parseChannels = (wire: Wire['Channels']): ChannelList => ({
  channels: wire.channels.map(parseChannel),
  stale: wire.stale,
})

/** A job's `last_error` is `code: detail`. */
export function parseFailure(text: string): JobFailure {
  const [, code, detail] = /^([a-z][a-z0-9_]*)(?:: ?(.*))?$/s.exec(text) ?? []
  return code === undefined ? { code: 'unknown', detail: text } : { code, detail: detail ?? '' }
}

/** A job as the API or an event tells it; an event does not say when it runs. */
export function parseJob(wire: Wire['JobEvent'] & { run_at?: string }): Job {
  return {
    id: jobId(wire.id),
    kind: wire.kind,
    state: wire.state,
    attempt: count(wire.attempt),
    maxAttempt: count(wire.max_attempt),
    channelId: wire.channel_id ? channelId(wire.channel_id) : null,
    captureId: wire.capture_id ? captureId(wire.capture_id) : null,
    runAt: instantOrNull(wire.run_at),
    failure: wire.last_error ? parseFailure(wire.last_error) : null,
    progress: wire.progress
      ? {
          pages: count(wire.progress.pages),
          pagesTotal: count(wire.progress.pages_total),
          chatters: count(wire.progress.chatters),
          total: count(wire.progress.total),
        }
      : null,
  }
}

export function parseSession(wire: Wire['Session']): Session {
  return {
    uuid: sessionUuid(wire.uuid),
    status: wire.status,
    name: wire.name === '' ? null : wire.name,
    createdAt: instant(wire.created_at),
    updatedAt: instant(wire.updated_at),
    expiresAt: instantOrNull(wire.expires_at),
    captures: count(wire.captures),
    channels: wire.channels.map(parseName),
  }
}

function parseCreationDay(wire: Wire['CreationDay']): CreationDay {
  const accounts = count(wire.accounts)
  if (wire.logins.length > accounts) throw new ContractError(`${wire.day}: more logins than accounts`)
  return { day: calendarDay(wire.day), accounts, logins: wire.logins }
}

export function parseSummary(wire: Wire['SessionSummary']): SessionSummary {
  const distinctAccounts = count(wire.distinct_accounts)
  const enrichedAccounts = count(wire.enriched_accounts)
  if (enrichedAccounts > distinctAccounts) throw new ContractError('more enriched accounts than accounts')
  return {
    session: sessionUuid(wire.session),
    captures: count(wire.coverage.captures),
    gaps: count(wire.coverage.gaps ?? 0),
    firstCapturedAt: instantOrNull(wire.coverage.first_captured_at),
    lastCapturedAt: instantOrNull(wire.coverage.last_captured_at),
    distinctAccounts,
    enrichedAccounts,
    channels: wire.channels.map((channel) => ({
      ...parseName(channel),
      captures: count(channel.captures),
      distinctAccounts: count(channel.distinct_accounts),
      lastCapturedAt: instantOrNull(channel.last_captured_at),
    })),
    topCreationDays: wire.top_creation_days.map(parseCreationDay),
  }
}
