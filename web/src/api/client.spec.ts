import { describe, expect, it } from 'vitest'

import { channelId, sessionUuid } from '@/domain/ids'
import { answer, problemBody } from '@/testing/answers'

import { fetchMe, fetchSummary, loginAddress, logOut, startCaptures } from './client'

describe('client', () => {
  it('turns a problem document into an ApiProblem', async () => {
    answer({ 'GET /api/v1/me': problemBody(401, 'not_authenticated') })
    await expect(fetchMe()).rejects.toMatchObject({ status: 401, code: 'not_authenticated', requestId: 'req-7' })
  })

  it('turns no answer into a problem of its own', async () => {
    answer({})
    await expect(fetchMe()).rejects.toMatchObject({ status: 0, code: 'network', isPassing: true })
  })

  it('repeats the channel parameter', async () => {
    const asked = answer({})
    await fetchSummary(sessionUuid('s'), [channelId('1'), channelId('2')]).catch(() => null)
    await fetchSummary(sessionUuid('s'), []).catch(() => null)
    expect(asked.map((one) => one.path)).toEqual([
      '/api/v1/sessions/s/summary?channel=1&channel=2',
      '/api/v1/sessions/s/summary',
    ])
  })

  it('sends which channels to capture', async () => {
    const asked = answer({
      'POST /api/v1/captures': { status: 202, body: { session: 's', jobs: [{ id: '8', channel_id: '1', state: 'ready' }] } },
    })
    await expect(startCaptures([channelId('1')])).resolves.toEqual({ session: 's', started: [{ job: '8', channel: '1' }] })
    expect(asked[0]?.body).toEqual({ channel_ids: ['1'] })
  })

  it('logs out', async () => {
    answer({ 'POST /auth/logout': { status: 204, body: null } })
    await expect(logOut()).resolves.toBeUndefined()
    answer({ 'POST /auth/logout': problemBody(503, 'sessions_unavailable') })
    await expect(logOut()).rejects.toMatchObject({ code: 'sessions_unavailable' })
  })

  it('comes back to where one was, query and all', () => {
    expect(loginAddress('/sessions/1?channel=2&channel=3')).toBe(
      '/auth/login?return_to=%2Fsessions%2F1%3Fchannel%3D2%26channel%3D3',
    )
  })
})
