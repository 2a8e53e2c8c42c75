/** Requests to the gateway: typed by its OpenAPI document, answered with domain types, failing with `ApiProblem`. */
import createClient from 'openapi-fetch'

import type { ChannelList } from '@/domain/channel'
import { breathe } from '@/domain/idle'
import { channelId, jobId, sessionUuid, type ChannelId, type JobId, type SessionUuid } from '@/domain/ids'
import type { Job } from '@/domain/job'
import type { Session, SessionSummary } from '@/domain/session'
import type { Me } from '@/domain/user'

import { parseChannels, parseJob, parseMe, parseSession, parseSummary } from './parse'
import { problemFrom, unreachable } from './problem'
import type { paths } from './schema'

export const http = createClient<paths>({
  baseUrl: globalThis.location.origin,
  // Each in its own turn: a page asks for six answers at once. Looked up at each call, so that a test can put its own in place.
  async fetch(request) {
    await breathe()
    return globalThis.fetch(request)
  },
  headers: { accept: 'application/json' },
  querySerializer: { array: { style: 'form', explode: true } },
})

interface Answer<T> {
  data?: T
  error?: unknown
  response: Response
}

export async function ask<T>(request: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>
  try {
    answer = await request
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause
    throw unreachable(cause)
  }
  await breathe()
  if (!answer.response.ok) throw problemFrom(answer.response, answer.error)
  return answer.data as T
}

export async function fetchMe(signal?: AbortSignal): Promise<Me> {
  return parseMe(await ask(http.GET('/api/v1/me', { signal })))
}

export async function fetchChannels(signal?: AbortSignal): Promise<ChannelList> {
  return parseChannels(await ask(http.GET('/api/v1/channels', { signal })))
}

export interface StartedCapture {
  readonly job: JobId
  readonly channel: ChannelId
}

/** Asks for a capture of each channel now; all of them or none. */
export async function startCaptures(
  channels: readonly ChannelId[],
): Promise<{ session: SessionUuid; started: StartedCapture[] }> {
  const accepted = await ask(http.POST('/api/v1/captures', { body: { channel_ids: [...channels] } }))
  return {
    session: sessionUuid(accepted.session),
    started: accepted.jobs.map((job) => ({ job: jobId(job.id), channel: channelId(job.channel_id) })),
  }
}

export async function fetchJob(id: JobId, signal?: AbortSignal): Promise<Job> {
  return parseJob(await ask(http.GET('/api/v1/jobs/{id}', { params: { path: { id } }, signal })))
}

export async function fetchSessions(signal?: AbortSignal): Promise<Session[]> {
  const { sessions } = await ask(http.GET('/api/v1/sessions', { signal }))
  return sessions.map(parseSession)
}

export async function fetchSession(uuid: SessionUuid, signal?: AbortSignal): Promise<Session> {
  return parseSession(await ask(http.GET('/api/v1/sessions/{uuid}', { params: { path: { uuid } }, signal })))
}

/** The summary over `channels`, or over all of them when there are none. */
export async function fetchSummary(
  uuid: SessionUuid,
  channels: readonly ChannelId[],
  signal?: AbortSignal,
): Promise<SessionSummary> {
  const query = channels.length > 0 ? { channel: [...channels] } : {}
  return parseSummary(
    await ask(http.GET('/api/v1/sessions/{id}/summary', { params: { path: { id: uuid }, query }, signal })),
  )
}

/** Ends the web session; one that is over already is no failure. */
export async function logOut(): Promise<void> {
  await ask(http.POST('/auth/logout'))
}

/** Where the browser goes to sign in with Twitch, and to come back to `returnTo`. */
export const loginAddress = (returnTo: string): string => `/auth/login?return_to=${encodeURIComponent(returnTo)}`

/** How this site is set up: told to everybody. */
export interface About {
  readonly sessionDays: number
  readonly savedSessions: number
}

export async function fetchAbout(signal?: AbortSignal): Promise<About> {
  const wire = await ask(http.GET('/api/v1/about', { signal }))
  return { sessionDays: wire.session_ttl_days, savedSessions: wire.max_saved_sessions }
}
