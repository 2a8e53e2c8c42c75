/**
 * What happens on the server while the page is open: one event stream, the captures under way, and which kept answers
 * an event makes stale. Nothing is polled; after a gap everything shown is asked again.
 */
import type { QueryClient } from '@tanstack/vue-query'
import { inject, readonly, ref, shallowReactive, type InjectionKey, type Ref } from 'vue'

import { fetchJob, type StartedCapture } from '@/api/client'
import { parseEvent, type LiveEvent } from '@/api/events'
import { ApiProblem } from '@/api/problem'
import { EventStream, type StreamHandlers, type StreamState } from '@/api/stream'
import type { Stream as Broadcast } from '@/domain/analysis'
import { withViewers, type ChannelList } from '@/domain/channel'
import type { ChannelId, JobId, SessionUuid } from '@/domain/ids'
import { isOver, newer, type Job } from '@/domain/job'
import type { Me } from '@/domain/user'

import { keys } from './keys'

export interface Live {
  readonly state: Readonly<Ref<StreamState>>
  /** The last capture asked for of each channel, as far as this browser knows. */
  readonly captures: ReadonlyMap<ChannelId, Job>
  /** Where the captures started here are collected. */
  readonly session: Readonly<Ref<SessionUuid | null>>
  start(user: string): void
  stop(): void
  /** Stops, and leaves nothing of whoever was signed in. */
  forget(): void
  follow(session: SessionUuid, started: readonly StartedCapture[]): void
}

interface Stream {
  start(): void
  stop(): void
}

export interface LiveParts {
  readonly queries: QueryClient
  readonly openStream?: (handlers: StreamHandlers) => Stream
  readonly onSessionLost: StreamHandlers['sessionLost']
  readonly storage?: Storage | null
}

/** Enrichment reports every batch; figures need not be asked again more often than this, … */
const ENRICHED_PAUSE = 2_000
/** … and lists of thousands of accounts not before it ends, or has gone on for this long. */
const LISTS_PAUSE = 30_000
/**
 * A capture of which nothing was heard this long after it was asked for is asked about once: another moderator may have
 * asked first, and then it is their job, which may have ended before it was ours to follow.
 */
const SILENCE = 1_500
const KEY = 'captures'

interface Remembered {
  user: string
  session: SessionUuid | null
  jobs: JobId[]
}

/** Job ids are numbers that grow, written as strings. */
const isEarlier = (a: JobId, b: JobId): boolean => a.length < b.length || (a.length === b.length && a < b)

export function createLive(parts: LiveParts): Live {
  const { queries } = parts
  const storage = parts.storage ?? null
  const state = ref<StreamState>('closed')
  const captures = shallowReactive(new Map<ChannelId, Job>())
  const session = ref<SessionUuid | null>(null)
  /** Accounts of everybody's about which Twitch is still to be asked: whether it is the end, not how far ours are. */
  let remaining: number | null = null
  let user: string | null = null
  let stream: Stream | null = null
  let enrichedTimer: ReturnType<typeof setTimeout> | null = null
  let listsTimer: ReturnType<typeof setTimeout> | null = null
  let listsAsked = 0

  const stale = (key: readonly unknown[]): void => void queries.invalidateQueries({ queryKey: key })

  function remember(): void {
    if (!user || !storage) return
    const jobs = [...captures.values()].filter((job) => !isOver(job)).map((job) => job.id)
    try {
      storage.setItem(KEY, JSON.stringify({ user, session: session.value, jobs } satisfies Remembered))
    } catch {
      // Full or refused: a reload forgets what is under way, nothing else.
    }
  }

  function recall(): JobId[] {
    try {
      const kept = JSON.parse(storage?.getItem(KEY) ?? 'null') as Remembered | null
      if (kept?.user !== user) return []
      session.value = kept.session
      return kept.jobs
    } catch {
      return []
    }
  }

  function heardJob(job: Job): void {
    if (!job.channelId || job.kind !== 'capture_chatters') return
    const known = captures.get(job.channelId)
    if (known && isEarlier(job.id, known.id)) return
    const merged = newer(known, job)
    if (merged === known) return
    captures.set(job.channelId, merged)
    remember()
    if (isOver(merged)) {
      stale(keys.channels)
      stale(keys.sessions)
    }
  }

  async function ask(id: JobId): Promise<void> {
    try {
      heardJob(await fetchJob(id))
    } catch (error) {
      // Gone, or not reachable: the stream or the next reload tells.
      if (!(error instanceof ApiProblem)) throw error
    }
  }

  const underWay = (): JobId[] => [...captures.values()].filter((job) => !isOver(job)).map((job) => job.id)

  /** Whether a capture of a channel can change an answer: one about another channel, or another's broadcast, it cannot. */
  function concerns([, kind, id]: readonly unknown[], channel: ChannelId): boolean {
    if (kind === 'channel') return id === channel
    if (kind !== 'stream') return true
    const broadcasts = queries.getQueryData<readonly Broadcast[]>(keys.streams(channel))
    return broadcasts?.some((broadcast) => broadcast.id === id) ?? false
  }

  function askEnriched(): void {
    enrichedTimer = null
    const isEnd = remaining === 0
    const withLists = isEnd || Date.now() - listsAsked >= LISTS_PAUSE
    if (withLists) {
      listsAsked = Date.now()
      if (listsTimer) clearTimeout(listsTimer)
      listsTimer = null
    } else {
      // What is left may be others' and never be told to us: the lists are asked for once more in any case.
      listsTimer ??= setTimeout(() => {
        listsTimer = null
        void queries.invalidateQueries({ queryKey: keys.analysis })
      }, LISTS_PAUSE)
    }
    stale(keys.summaries)
    void queries.invalidateQueries(
      { queryKey: keys.analysis, predicate: ({ queryKey }) => withLists || queryKey[3] === 'creations' },
      // Large answers may take longer than the pause: they are let finish, and asked once more at the end.
      { cancelRefetch: isEnd },
    )
  }

  function onEvent(event: LiveEvent): void {
    switch (event.type) {
      case 'job':
        heardJob(event.job)
        break
      case 'channelChanged':
        stale(keys.channels)
        void queries.invalidateQueries({ queryKey: keys.analysis, predicate: ({ queryKey }) => concerns(queryKey, event.channel) })
        break
      case 'verdictsChanged':
        stale(keys.verdicts(event.channel))
        stale([...keys.analysis, 'account'])
        break
      case 'viewers':
        queries.setQueryData<ChannelList>(keys.channels, (known) => known && withViewers(known, event.viewers))
        break
      case 'capture':
        stale(keys.channels)
        stale(keys.sessions)
        stale(keys.summaries)
        void queries.invalidateQueries({ queryKey: keys.analysis, predicate: ({ queryKey }) => concerns(queryKey, event.channel) })
        break
      case 'enriched':
        if (!remaining) listsAsked = Date.now()
        remaining = event.remaining
        enrichedTimer ??= setTimeout(askEnriched, ENRICHED_PAUSE)
        break
      case 'grantLost':
        queries.setQueryData<Me>(keys.me, (me) => me && { ...me, grant: 'lost' })
        break
      case 'sessionsChanged':
        stale(keys.sessions)
        stale(keys.summaries)
        break
      case 'schedulesChanged':
        stale(keys.channels)
        break
    }
  }

  const handlers: StreamHandlers = {
    message: (message) => {
      let event: LiveEvent | null
      try {
        event = parseEvent(message)
      } catch (error) {
        // One event that cannot be read must not end the others.
        console.error('live.event_unreadable', error)
        return
      }
      if (event) onEvent(event)
    },
    state: (now) => {
      state.value = now
      // What was said while nobody listened.
      if (now === 'live') underWay().forEach((id) => void ask(id))
    },
    resumed: () => void queries.invalidateQueries(),
    sessionLost: (problem) => {
      // It has ended for good: who signs in again starts another.
      stream = null
      parts.onSessionLost(problem)
    },
  }

  const openStream = parts.openStream ?? ((to: StreamHandlers) => new EventStream('/api/v1/events', to))

  function stop(): void {
    stream?.stop()
    stream = null
    if (enrichedTimer) clearTimeout(enrichedTimer)
    if (listsTimer) clearTimeout(listsTimer)
    enrichedTimer = listsTimer = null
  }

  return {
    state: readonly(state),
    captures,
    session: readonly(session),
    start(who) {
      if (stream && user === who) return
      stream?.stop()
      if (user !== who) captures.clear()
      user = who
      recall().forEach((id) => void ask(id))
      stream = openStream(handlers)
      stream.start()
    },
    stop,
    forget() {
      stop()
      user = null
      captures.clear()
      session.value = null
      try {
        storage?.removeItem(KEY)
      } catch {
        // Refused: nothing was kept.
      }
    },
    follow(uuid, started) {
      session.value = uuid
      for (const { job, channel } of started) {
        const known = captures.get(channel)
        if (known?.id === job && known.state !== 'dead') continue
        captures.set(channel, {
          id: job,
          kind: 'capture_chatters',
          state: 'ready',
          attempt: 0,
          maxAttempt: 0,
          channelId: channel,
          captureId: null,
          runAt: null,
          failure: null,
          progress: null,
        })
      }
      remember()
      setTimeout(() => {
        for (const { job, channel } of started) {
          const known = captures.get(channel)
          if (known?.id === job && known.state === 'ready' && known.maxAttempt === 0) void ask(job)
        }
      }, SILENCE)
    },
  }
}

export const LIVE: InjectionKey<Live> = Symbol('live')

export function useLive(): Live {
  const live = inject(LIVE)
  if (!live) throw new Error('useLive: nothing was provided')
  return live
}
