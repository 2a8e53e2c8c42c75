import { computed, reactive, shallowRef, watch, type Ref } from 'vue'
import { useRoute, useRouter } from 'vue-router'

import { ALL_CAPTURES, chosenOf, subjectOf, type Choice, type Stream, type Subject } from '@/domain/analysis'
import type { Channel } from '@/domain/channel'

import { useStreams } from './channelQueries'
import { useNow } from './useNow'
import { useRewrite } from './useRewrite'

/** A capture older than this, in milliseconds, does not tell how it is now. */
const FRESH = 3_600_000

/**
 * What the channel's page is about: the broadcast named in the address, else the latest that was captured; all captures
 * of the channel when the address says so, or when none belongs to a broadcast; null when there is none at all. While one
 * holds something that was picked, a newer broadcast does not take its place.
 */
export function useRoom(channel: Readonly<Ref<Channel>>, isHeld: () => boolean = () => false) {
  const route = useRoute()
  const router = useRouter()
  const { rewrite, leaving } = useRewrite()
  const now = useNow()
  const query = useStreams(computed(() => channel.value.id))

  const captured = computed(() => query.data.value?.filter((stream) => stream.captures > 0))
  const known = shallowRef<readonly Stream[]>()
  const streams = computed(() => known.value ?? [])
  const wanted = computed(() => (typeof route.query.stream === 'string' ? route.query.stream : null))
  const chosen = computed(() => chosenOf(streams.value, wanted.value))
  const shown = computed(() => chosen.value.stream)

  const subject = computed<Subject | null>(() => known.value ? subjectOf(shown.value, channel.value) : null)

  watch([captured, leaving], async ([now]) => {
    const former = subject.value && (streams.value[0]?.id ?? ALL_CAPTURES)
    // The address names the former one before the newer is known here: nothing flickers, and a reload shows the same.
    const isFirst = former === ALL_CAPTURES && now !== undefined && now.length > 0
    const isOvertaken = isFirst || (now ?? []).findIndex(({ id }) => id === former) > 0
    // Who is leaving is told nothing new, unless they stay.
    if (isOvertaken && wanted.value === null && isHeld() && !(await rewrite({ stream: former }))) return
    known.value = captured.value
  }, { immediate: true, flush: 'sync' })

  const choice = computed<Choice>({
    get: () => shown.value?.id ?? ALL_CAPTURES,
    set: (id) => {
      void router.push({ query: { ...route.query, stream: id === streams.value[0]?.id ? undefined : id } })
    },
  })

  const isLatest = computed(() => shown.value !== null && shown.value === streams.value[0])
  /** What is shown goes up to now: all captures, when the last is fresh, or the broadcast that runs. */
  const isNow = computed(() => {
    if (shown.value === null) {
      const last = channel.value.lastCapture?.capturedAt
      return last !== undefined && now.value.getTime() - last.getTime() < FRESH
    }
    return channel.value.live !== null && isLatest.value && shown.value.endedAt === null
  })
  /** It is live now, but what can be shown is of an earlier broadcast. */
  const lags = computed(() => channel.value.live !== null && isLatest.value && shown.value?.endedAt != null)

  return {
    streams,
    choice,
    subject,
    isLatest,
    isNow,
    lags,
    /** An earlier broadcast is shown than the latest that was captured. */
    isPassed: computed(() => shown.value !== null && !isLatest.value),
    /** The address names a broadcast that is not among those known. */
    isUnknown: computed(() => known.value !== undefined && chosen.value.isUnknown),
    /** Of the list of broadcasts, without which nothing can be shown. */
    state: reactive({
      pending: query.isPending,
      error: query.error,
      known: computed(() => known.value !== undefined),
      fetching: query.isFetching,
      retry: () => void query.refetch(),
    }),
  }
}
