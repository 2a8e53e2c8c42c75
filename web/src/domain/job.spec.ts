import { describe, expect, it } from 'vitest'

import { channelId, jobId } from './ids'
import { doneShare, isOver, isRetrying, newer, type Job } from './job'

const job = (change: Partial<Job> = {}): Job => ({
  id: jobId('1'),
  kind: 'capture_chatters',
  state: 'running',
  attempt: 1,
  maxAttempt: 5,
  channelId: channelId('1'),
  captureId: null,
  runAt: null,
  failure: null,
  progress: null,
  ...change,
})
const at = (chatters: number) => job({ progress: { pages: 1, pagesTotal: 3, chatters, total: 3_000 } })

describe('newer', () => {
  it('takes the first report, and a report of another job', () => {
    const heard = job()
    expect(newer(undefined, heard)).toBe(heard)
    expect(newer(job({ id: jobId('0'), state: 'done' }), heard)).toBe(heard)
  })

  it('does not go back', () => {
    const done = job({ state: 'done' })
    expect(newer(done, job())).toBe(done)
    const far = at(2_000)
    expect(newer(far, at(1_000))).toBe(far)
    const second = job({ attempt: 2 })
    expect(newer(second, job({ attempt: 1 }))).toBe(second)
    const dead = job({ state: 'dead', attempt: 5 })
    expect(newer(dead, job({ attempt: 5 }))).toBe(dead)
  })

  it('goes on, to the next attempt and out of a redriven end', () => {
    const next = job({ attempt: 2, state: 'running' })
    expect(newer(at(2_000), next)).toBe(next)
    const redriven = job({ state: 'ready', attempt: 0 })
    expect(newer(job({ state: 'dead', attempt: 0 }), redriven)).toBe(redriven)
  })
})

describe('a job', () => {
  it('knows how far it is', () => {
    expect(doneShare(job())).toBeNull()
    expect(doneShare(at(1_500))).toBe(0.5)
    expect(doneShare(at(9_000))).toBe(1)
    expect(doneShare(job({ state: 'done' }))).toBe(1)
  })

  it('knows where it stands', () => {
    expect(isRetrying(job({ state: 'ready', attempt: 1 }))).toBe(true)
    expect(isRetrying(job({ state: 'ready', attempt: 0 }))).toBe(false)
    expect(['ready', 'running', 'done', 'dead'].map((state) => isOver(job({ state: state as Job['state'] })))).toEqual([
      false,
      false,
      true,
      true,
    ])
  })
})
