import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { backoff, EventStream, type StreamHandlers, type StreamState } from './stream'

const TIMES = { first: 100, cap: 1_000, silence: 5_000, soon: 2_000 }
const BODY = 'id: 42\nevent: job\ndata: {}\n\n'

/** A body that says its piece and then stays open until it is closed. */
function openBody(text: string) {
  let controller!: ReadableStreamDefaultController<Uint8Array>
  const body = new ReadableStream<Uint8Array>({
    start: (given) => {
      controller = given
      controller.enqueue(new TextEncoder().encode(text))
    },
  })
  return { body, close: () => controller.close() }
}

describe('backoff', () => {
  it('doubles up to its cap, and jitter only shortens it', () => {
    expect([0, 1, 2, 3, 4, 99].map((n) => backoff(n, TIMES, 0))).toEqual([100, 200, 400, 800, 1_000, 1_000])
    expect(backoff(0, TIMES, 1)).toBe(75)
  })
})

describe('EventStream', () => {
  const requests: Record<string, string>[] = []
  const answers: (() => Response)[] = []
  let states: StreamState[]
  const message = vi.fn()
  const resumed = vi.fn()
  const sessionLost = vi.fn()
  let handlers: StreamHandlers
  let stream: EventStream

  beforeEach(() => {
    vi.useFakeTimers()
    vi.clearAllMocks()
    requests.length = 0
    answers.length = 0
    states = []
    vi.stubGlobal('fetch', (_: string, init: RequestInit) => {
      requests.push(init.headers as Record<string, string>)
      const next = answers.shift()
      return next ? Promise.resolve(next()) : new Promise(() => undefined)
    })
    handlers = { message, resumed, sessionLost, state: (state) => states.push(state) }
    stream = new EventStream('/api/v1/events', handlers, TIMES, () => 0)
  })
  afterEach(() => stream.stop())

  it('reconnects with the id of the last event and reports the gap once it is closed', async () => {
    const first = openBody(BODY)
    answers.push(
      () => new Response(first.body),
      () => new Response(openBody('').body),
    )
    stream.start()
    await vi.waitFor(() => expect(message).toHaveBeenCalledOnce())
    expect(states).toEqual(['connecting', 'live'])
    expect(resumed).not.toHaveBeenCalled()

    first.close()
    await vi.waitFor(() => expect(states.at(-1)).toBe('reconnecting'))
    await vi.advanceTimersByTimeAsync(100)
    await vi.waitFor(() => expect(resumed).toHaveBeenCalledOnce())
    expect(requests.map((headers) => headers['last-event-id'])).toEqual([undefined, '42'])
    expect(states.at(-1)).toBe('live')
  })

  it('reports the gap before the first connection when an attempt failed, and is not live until then', async () => {
    answers.push(
      () => new Response(null, { status: 502 }),
      () => new Response(null, { status: 502 }),
      () => new Response(openBody('').body),
    )
    stream.start()
    await vi.advanceTimersByTimeAsync(100)
    expect(requests).toHaveLength(2)
    expect(states).toEqual(['connecting', 'reconnecting', 'reconnecting', 'reconnecting'])
    expect(resumed).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(200)
    expect(states.at(-1)).toBe('live')
    expect(resumed).toHaveBeenCalledOnce()
  })

  it.each([
    ['reports', 2_001, 1],
    ['does not report', 1_000, 0],
  ])('%s a gap when the first connection takes %d ms', async (_, wait, times) => {
    let open: ((response: Response) => void) | undefined
    vi.stubGlobal('fetch', () => new Promise<Response>((resolve) => (open = resolve)))
    stream.start()
    await vi.advanceTimersByTimeAsync(wait)
    open?.(new Response(openBody('').body))
    await vi.advanceTimersByTimeAsync(0)
    expect(states).toEqual(['connecting', 'live'])
    expect(resumed).toHaveBeenCalledTimes(times)
  })

  it('waits longer after each failure', async () => {
    answers.push(...Array.from({ length: 3 }, () => () => new Response(null, { status: 502 })))
    stream.start()
    const tries = [1, 2, 3, 4]
    for (const wait of [0, 100, 200, 400]) {
      await vi.advanceTimersByTimeAsync(wait)
      expect(requests).toHaveLength(tries.shift()!)
      await vi.advanceTimersByTimeAsync(wait === 400 ? 0 : 1)
    }
  })

  it('stops for good when nobody is signed in any more', async () => {
    answers.push(() => new Response('{"code":"not_authenticated"}', { status: 401 }))
    stream.start()
    await vi.waitFor(() => expect(sessionLost).toHaveBeenCalledOnce())
    await vi.advanceTimersByTimeAsync(60_000)
    expect(requests).toHaveLength(1)
    expect(states.at(-1)).toBe('closed')
  })

  it('says that it is a page too many, and asks again after a while', async () => {
    const refused = () => new Response('{"code":"too_many_streams"}', { status: 429 })
    answers.push(refused, refused, () => new Response(openBody('').body))
    stream.start()
    await vi.advanceTimersByTimeAsync(0)
    expect(states).toEqual(['connecting', 'refused'])
    await vi.advanceTimersByTimeAsync(TIMES.cap - 1)
    expect(requests).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1 + TIMES.cap)
    expect(states.slice(2)).toEqual(['refused', 'refused', 'refused', 'live'])
  })

  it('waits for as long as the server asks', async () => {
    answers.push(() => new Response('{"code":"too_many_requests"}', { status: 429, headers: { 'retry-after': '7' } }))
    stream.start()
    await vi.advanceTimersByTimeAsync(6_999)
    expect(states.at(-1)).toBe('reconnecting')
    expect(requests).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(requests).toHaveLength(2)
  })

  it('tries again at once when the network is back', async () => {
    answers.push(
      () => new Response(null, { status: 503 }),
      () => new Response(openBody('').body),
    )
    stream.start()
    await vi.advanceTimersByTimeAsync(0)
    expect(requests).toHaveLength(1)
    dispatchEvent(new Event('online'))
    await vi.advanceTimersByTimeAsync(0)
    expect(requests).toHaveLength(2)
  })
})
