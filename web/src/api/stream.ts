/** One event stream, kept open for as long as the page is: reconnects, catches up, and says how it is doing. */
import { problemFrom, type ApiProblem } from './problem'
import { SseParser, type SseMessage } from './sse'

/** `refused`: too many pages are open; it is asked again now and then. */
export type StreamState = 'connecting' | 'live' | 'reconnecting' | 'refused' | 'offline' | 'closed'

export interface StreamHandlers {
  message(message: SseMessage): void
  state(state: StreamState): void
  /** The stream is open after a gap that the server may not be able to fill: again, or later than the page's answers came. */
  resumed(): void
  /** 401: reconnecting is of no use until somebody signs in. */
  sessionLost(problem: ApiProblem): void
}

export interface StreamTimes {
  /** First wait after a break; doubles up to `cap`. */
  readonly first: number
  readonly cap: number
  /** Silence (not even a comment) after which the connection counts as dead. */
  readonly silence: number
  /** Within so long of the start the page's own answers are as new as the stream. */
  readonly soon: number
}

const TIMES: StreamTimes = { first: 1_000, cap: 30_000, silence: 60_000, soon: 2_000 }

/** Wait before attempt `n` (0 is the first repeat): doubling, capped, with up to a quarter of jitter taken off. */
export function backoff(n: number, times: StreamTimes, jitter: number): number {
  return Math.min(times.cap, times.first * 2 ** Math.min(n, 16)) * (1 - 0.25 * jitter)
}

export class EventStream {
  private lastId: string | null = null
  private retry: number | null = null
  private failures = 0
  /** Why the server took no connection, when it said so. */
  private refusal: ApiProblem | null = null
  private startedAt = 0
  /** A connection ended, or was never made: what was said since may be lost, and it is not live until it is open again. */
  private missed = false
  private stopped = false
  private abort: AbortController | null = null
  private wake: (() => void) | null = null

  constructor(
    private readonly url: string,
    private readonly handlers: StreamHandlers,
    private readonly times: StreamTimes = TIMES,
    private readonly random: () => number = Math.random,
  ) {}

  start(): void {
    addEventListener('online', this.hurry)
    addEventListener('offline', this.cut)
    document.addEventListener('visibilitychange', this.onVisible)
    this.startedAt = performance.now()
    void this.run()
  }

  stop(): void {
    this.stopped = true
    removeEventListener('online', this.hurry)
    removeEventListener('offline', this.cut)
    document.removeEventListener('visibilitychange', this.onVisible)
    this.abort?.abort()
    this.wake?.()
    this.handlers.state('closed')
  }

  private readonly hurry = (): void => {
    this.failures = 0
    this.wake?.()
  }

  private readonly cut = (): void => this.abort?.abort()

  private readonly onVisible = (): void => {
    if (document.visibilityState === 'visible') this.hurry()
  }

  private async run(): Promise<void> {
    while (!this.isStopped()) {
      this.handlers.state(this.waiting())
      this.refusal = await this.once()
      if (this.isStopped()) return
      this.missed = true
      if (this.refusal?.isSessionLost) {
        this.stop()
        this.handlers.sessionLost(this.refusal)
        return
      }
      this.handlers.state(this.waiting())
      await this.pause(this.wait())
      this.failures += 1
    }
  }

  private waiting(): StreamState {
    if (!navigator.onLine) return 'offline'
    if (this.refusal?.code === 'too_many_streams') return 'refused'
    return this.missed ? 'reconnecting' : 'connecting'
  }

  /** Milliseconds until the next attempt: ever longer, and not less than the server asks for. A page too many waits longest. */
  private wait(): number {
    const own = backoff(this.failures, { ...this.times, first: this.retry ?? this.times.first }, this.random())
    if (this.refusal?.retryAfter != null) return Math.max(own, this.refusal.retryAfter * 1_000)
    return this.refusal?.code === 'too_many_streams' ? this.times.cap : own
  }

  // A getter's answer changes across awaits, which the compiler cannot see in a field.
  private isStopped(): boolean {
    return this.stopped
  }

  /** One connection, to its end. Answers why the server refused it, where that tells when to ask again, or that it is of no use. */
  private async once(): Promise<ApiProblem | null> {
    const abort = new AbortController()
    this.abort = abort
    let watchdog = setTimeout(() => abort.abort(), this.times.silence)
    try {
      const headers: Record<string, string> = { accept: 'text/event-stream' }
      if (this.lastId !== null) headers['last-event-id'] = this.lastId
      const response = await fetch(this.url, { headers, signal: abort.signal, cache: 'no-store' })
      if (response.status === 401 || response.status === 429) return problemFrom(response, await response.json().catch(() => null))
      if (!response.ok || !response.body) return null
      this.onOpen()
      const parser = new SseParser()
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
      for (;;) {
        const { done, value } = await reader.read()
        if (done) return null
        clearTimeout(watchdog)
        watchdog = setTimeout(() => abort.abort(), this.times.silence)
        const messages = parser.push(value)
        this.retry = parser.retry ?? this.retry
        for (const message of messages) {
          if (message.id !== null) this.lastId = message.id
          this.handlers.message(message)
        }
      }
    } catch {
      // Cut off, by the network or by us: the loop goes on.
      return null
    } finally {
      clearTimeout(watchdog)
      abort.abort()
    }
  }

  private onOpen(): void {
    const late = this.missed || performance.now() - this.startedAt > this.times.soon
    this.failures = 0
    this.handlers.state('live')
    if (late) this.handlers.resumed()
  }

  private pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.wake?.(), milliseconds)
      this.wake = () => {
        clearTimeout(timer)
        this.wake = null
        resolve()
      }
    })
  }
}
