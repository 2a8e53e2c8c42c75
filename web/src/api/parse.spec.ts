import { describe, expect, it } from 'vitest'

import { parseChannel, parseFailure, parseJob, parseSummary, type Wire } from './parse'
import { parseEvent } from './events'
import { ContractError, problemFrom } from './problem'

const channel: Wire['Channel'] = {
  id: '1',
  login: 'a',
  display_name: 'A',
  profile_image_url: null,
  role: 'moderator',
  live: null,
  last_capture: null,
  recent: [],
  schedule: null,
}

const summary: Wire['SessionSummary'] = {
  session: 'b1c0',
  coverage: { captures: 2, first_captured_at: '2026-11-23T10:00:00Z', last_captured_at: '2026-11-23T11:00:00Z' },
  distinct_accounts: 10,
  enriched_accounts: 9,
  channels: [],
  top_creation_days: [{ day: '2025-05-12', accounts: 2, logins: ['a', 'b'] }],
}

describe('parsing answers', () => {
  it('takes a channel that was never live nor captured', () => {
    expect(parseChannel(channel)).toMatchObject({ live: null, lastCapture: null, imageUrl: null })
  })

  it('takes the course of a broadcast with its gaps, and refuses counts that cannot be', () => {
    const at = '2026-11-23T10:00:00Z'
    const course = (...counts: (number | null)[]) => counts.map((chatters) => ({ at, chatters }))
    const { recent } = parseChannel({ ...channel, recent: course(60, null, 0) })
    expect(recent.map(({ chatters }) => chatters)).toEqual([60, null, 0])
    expect(recent[0]?.at).toEqual(new Date(at))
    expect(() => parseChannel({ ...channel, recent: course(-1) })).toThrow(ContractError)
    expect(() => parseChannel({ ...channel, recent: [{ at: 'then', chatters: 1 }] })).toThrow(ContractError)
  })

  it('refuses what cannot be', () => {
    const live = { started_at: 'yesterday', viewer_count: 1, title: '' }
    expect(() => parseChannel({ ...channel, live })).toThrow(ContractError)
    expect(() => parseSummary({ ...summary, enriched_accounts: 11 })).toThrow(ContractError)
    expect(() => parseSummary({ ...summary, distinct_accounts: -1 })).toThrow(ContractError)
    expect(() =>
      parseSummary({ ...summary, top_creation_days: [{ day: '12/05/2025', accounts: 2, logins: [] }] }),
    ).toThrow(ContractError)
  })

  it('reads a summary', () => {
    const parsed = parseSummary(summary)
    expect(parsed.captures).toBe(2)
    expect(parsed.firstCapturedAt?.toISOString()).toBe('2026-11-23T10:00:00.000Z')
    expect(parsed.topCreationDays[0]?.logins).toEqual(['a', 'b'])
  })

  it('splits a failure into its code and its detail', () => {
    expect(parseFailure('twitch_unavailable: 503 from helix: sorry')).toEqual({
      code: 'twitch_unavailable',
      detail: '503 from helix: sorry',
    })
    expect(parseFailure('token_lost')).toEqual({ code: 'token_lost', detail: '' })
    expect(parseFailure('Something odd')).toEqual({ code: 'unknown', detail: 'Something odd' })
  })
})

describe('parsing events', () => {
  const message = (type: string, data: object) => ({ id: '1', event: type, data: JSON.stringify({ type, ...data }) })

  it('reads the three kinds', () => {
    const job: Wire['JobEvent'] = { id: '5', kind: 'capture_chatters', state: 'running', attempt: 1, max_attempt: 5 }
    expect(parseEvent(message('job', job))).toEqual({ type: 'job', job: parseJob(job) })
    expect(
      parseEvent(
        message('capture', {
          capture_id: '9',
          channel_id: '1',
          captured_at: '2026-11-23T10:00:00Z',
          chatters_count: 60,
          new_count: 2,
        }),
      ),
    ).toMatchObject({ type: 'capture', channel: '1', chatters: 60, newAccounts: 2 })
    expect(parseEvent(message('enriched', { remaining: 3 }))).toEqual({
      type: 'enriched',
      remaining: 3,
    })
  })

  it('passes over kinds that it does not know', () => {
    expect(parseEvent(message('raid', {}))).toBeNull()
  })
})

describe('problems', () => {
  it('are read from their document', () => {
    const response = new Response(null, { status: 429, headers: { 'retry-after': '7' } })
    const problem = problemFrom(response, { code: 'rate_limited', detail: 'Slow down.', request_id: 'r1' })
    expect(problem).toMatchObject({ status: 429, code: 'rate_limited', requestId: 'r1', retryAfter: 7, isPassing: true })
  })

  it('are made of the status when a proxy answered instead', () => {
    const problem = problemFrom(new Response(null, { status: 502 }), '<html>')
    expect(problem).toMatchObject({ status: 502, code: 'http_502', retryAfter: null, isPassing: true })
  })
})
