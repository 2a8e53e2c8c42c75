import { QueryClient } from '@tanstack/vue-query'
import { beforeEach, describe, expect, it, vi } from 'vitest'

import { ApiProblem } from '@/api/problem'
import type { StreamHandlers } from '@/api/stream'
import { channelId, jobId, sessionUuid } from '@/domain/ids'
import { answer } from '@/testing/answers'

import { createLive, type Live } from './useLive'

const ONE = channelId('1')
let handlers: StreamHandlers
let invalidated: unknown[]
let live: Live
let queries: QueryClient
let opened = 0
const onSessionLost = vi.fn()

function open(): Live {
  queries = new QueryClient()
  invalidated = []
  const invalidate = queries.invalidateQueries.bind(queries)
  vi.spyOn(queries, 'invalidateQueries').mockImplementation((filters, options) => {
    invalidated.push((filters as { queryKey?: unknown } | undefined)?.queryKey ?? 'all')
    return invalidate(filters, options)
  })
  return createLive({
    queries,
    onSessionLost,
    storage: localStorage,
    openStream: (given) => {
      opened += 1
      handlers = given
      return { start: () => given.state('live'), stop: () => given.state('closed') }
    },
  })
}

let sent = 0
const send = (event: string, data: object) => handlers.message({ id: String(++sent), event, data: JSON.stringify({ type: event, ...data }) })
const job = (change: object = {}) => ({
  id: '10',
  kind: 'capture_chatters',
  state: 'running',
  attempt: 1,
  max_attempt: 5,
  channel_id: '1',
  ...change,
})

beforeEach(() => {
  opened = 0
  live = open()
  live.start('ada')
})

describe('live', () => {
  it('follows a capture from its start to its end', () => {
    live.follow(sessionUuid('s'), [{ job: jobId('10'), channel: ONE }])
    expect(live.captures.get(ONE)?.state).toBe('ready')
    send('job', job({ progress: { pages: 1, pages_total: 3, chatters: 1_000, total: 2_412 } }))
    expect(live.captures.get(ONE)?.progress?.chatters).toBe(1_000)
    expect(invalidated).toEqual([])
    send('job', job({ state: 'done' }))
    expect(live.captures.get(ONE)?.state).toBe('done')
    expect(invalidated).toEqual([['channels'], ['sessions']])
  })

  it('keeps the later of two jobs of a channel, whatever arrives last', () => {
    send('job', job({ id: '10' }))
    send('job', job({ id: '9', state: 'dead' }))
    expect(live.captures.get(ONE)?.id).toBe('10')
  })

  it('has nothing to do with jobs that are no captures', () => {
    send('job', job({ kind: 'enrich_accounts' }))
    expect(live.captures.size).toBe(0)
  })

  it('makes stale what a capture changes', () => {
    send('capture', {
      capture_id: '3',
      channel_id: '1',
      captured_at: '2026-11-23T10:00:00Z',
      chatters_count: 1,
      new_count: 0,
    })
    expect(invalidated).toEqual([['channels'], ['sessions'], ['summary'], ['analysis']])
  })

  it('asks for marks again when somebody marked accounts, and for nothing else', () => {
    const kept = [['verdicts', '1'], ['analysis', 'account', '9'], ['verdicts', '2'], ['analysis', 'channel', '1']]
    for (const key of kept) queries.setQueryData(key, {})
    send('verdicts_changed', { channel_id: '1' })
    expect(kept.map((key) => queries.getQueryState(key)?.isInvalidated)).toEqual([true, true, false, false])
  })

  it('listens again once somebody has signed in again', () => {
    live.start('ada')
    handlers.sessionLost(new ApiProblem(401, 'not_authenticated', ''))
    expect(onSessionLost).toHaveBeenCalledOnce()
    live.start('ada')
    expect(opened).toBe(2)
  })

  it('shows new counts of viewers without asking', () => {
    const live = { startedAt: new Date(0), viewers: 900, title: '' }
    queries.setQueryData(['channels'], { channels: [{ id: ONE, live }], stale: false })
    send('viewers', { channels: [{ channel_id: '1', viewers: 910 }] })
    expect(queries.getQueryData(['channels'])).toMatchObject({ channels: [{ live: { viewers: 910 } }] })
    expect(invalidated).toEqual([])
  })

  it('leaves alone what a capture of another channel cannot change', () => {
    let concerned: string[] = []
    const spy = vi.spyOn(queries, 'invalidateQueries').mockImplementation((filters) => {
      const predicate = (filters as { predicate?: (query: { queryKey: unknown[] }) => boolean }).predicate
      const ask = (...key: unknown[]) => predicate?.({ queryKey: ['analysis', ...key] })
      if (predicate) concerned = [['channel', '1'], ['channel', '2'], ['stream', '9'], ['stream', '8'], ['session', 's']].filter((key) => ask(...key)).map(String)
      return Promise.resolve()
    })
    queries.setQueryData(['analysis', 'channel', '1', 'streams'], [{ id: '9' }])
    send('capture', { capture_id: '3', channel_id: '1', captured_at: '2026-11-23T10:00:00Z', chatters_count: 1, new_count: 0 })
    expect(concerned).toEqual(['channel,1', 'stream,9', 'session,s'])
    spy.mockRestore()
  })

  it('asks a summary again once for a burst of enrichment', () => {
    vi.useFakeTimers()
    for (let remaining = 500; remaining >= 0; remaining -= 100) send('enriched', { remaining })
    expect(invalidated).toEqual([])
    vi.advanceTimersByTime(2_000)
    expect(invalidated).toEqual([['summary'], ['analysis']])
  })

  it('asks lists of accounts again only when all is known, or has not been for long', () => {
    vi.useFakeTimers()
    const list = ['analysis', 'channel', '1', 'accounts', []]
    const figure = ['analysis', 'channel', '1', 'creations', []]
    for (const key of [list, figure]) queries.setQueryData(key, {})
    const staleNow = () => [list, figure].filter((key) => queries.getQueryState(key)?.isInvalidated).map((key) => key[3])
    const enriched = (remaining: number) => {
      for (const key of [list, figure]) queries.setQueryData(key, {})
      send('enriched', { remaining })
      vi.advanceTimersByTime(2_000)
      return staleNow()
    }
    expect(enriched(9_000)).toEqual(['creations'])
    for (let i = 0; i < 13; i += 1) expect(enriched(5_000)).toEqual(['creations'])
    expect(enriched(4_000)).toEqual(['accounts', 'creations'])
    expect(enriched(3_000)).toEqual(['creations'])
    expect(enriched(0)).toEqual(['accounts', 'creations'])
  })

  it('knows at once that Twitch withdrew what was allowed', () => {
    queries.setQueryData(['me'], { login: 'ada', grant: 'valid' })
    send('grant_lost', { reason: 'token_lost' })
    expect(queries.getQueryData(['me'])).toEqual({ login: 'ada', grant: 'lost' })
  })

  it('asks for the channels again when a schedule was paused, and when another page set one', () => {
    send('schedule_paused', { channel_id: '1', reason: 'token_lost' })
    send('schedule_changed', { channel_id: '1' })
    expect(invalidated).toEqual([['channels'], ['channels']])
  })

  it('asks for sessions and summaries again when another page changed one', () => {
    send('sessions_changed', {})
    expect(invalidated).toEqual([['sessions'], ['summary']])
  })

  it('survives an event that it cannot read', () => {
    const error = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    handlers.message({ id: '1', event: 'job', data: '{' })
    send('job', job())
    expect(error).toHaveBeenCalledOnce()
    expect(live.captures.size).toBe(1)
  })

  it('asks everything again after a gap, and captures under way by name', async () => {
    live.follow(sessionUuid('s'), [{ job: jobId('10'), channel: ONE }])
    const asked = answer({ 'GET /api/v1/jobs/10': { body: job({ state: 'done', run_at: '2026-11-23T10:00:00Z' }) } })
    handlers.state('live')
    handlers.resumed()
    expect(invalidated).toEqual(['all'])
    await vi.waitFor(() => expect(live.captures.get(ONE)?.state).toBe('done'))
    expect(asked).toHaveLength(1)
  })

  it('follows a capture that another moderator began, even if it is over already', async () => {
    vi.useFakeTimers()
    answer({ 'GET /api/v1/jobs/10': { body: job({ state: 'done', run_at: '2026-11-23T10:00:00Z' }) } })
    live.follow(sessionUuid('s'), [{ job: jobId('10'), channel: ONE }])
    await vi.advanceTimersByTimeAsync(1_500)
    expect(live.captures.get(ONE)?.state).toBe('done')
  })

  it('finds its captures again after a reload, and only its own', async () => {
    live.follow(sessionUuid('s'), [{ job: jobId('10'), channel: ONE }])
    answer({ 'GET /api/v1/jobs/10': { body: job() } })
    live = open()
    live.start('ada')
    expect(live.session.value).toBe('s')
    await vi.waitFor(() => expect(live.captures.get(ONE)?.state).toBe('running'))

    const asked = answer({})
    live = open()
    live.start('somebody else')
    expect(asked).toEqual([])
  })

  it('leaves nothing behind when one logs out', () => {
    live.follow(sessionUuid('s'), [{ job: jobId('10'), channel: ONE }])
    expect(localStorage.getItem('captures')).not.toBeNull()
    live.forget()
    send('job', job())
    expect(localStorage.getItem('captures')).toBeNull()
    expect(live.session.value).toBeNull()
  })
})
