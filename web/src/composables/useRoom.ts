import { computed, reactive, type Ref } from 'vue'
import { useRoute, useRouter } from 'vue-router'

import type { Subject } from '@/domain/analysis'
import type { Channel } from '@/domain/channel'
import { streamId, type StreamId } from '@/domain/ids'

import { useStreams } from './channelQueries'

/**
 * What the channel's page is about: the broadcast named in the address, else the latest that was captured; all captures
 * of the channel when none belongs to a broadcast; null when there is none at all.
 */
export function useRoom(channel: Readonly<Ref<Channel>>) {
  const route = useRoute()
  const router = useRouter()
  const query = useStreams(computed(() => channel.value.id))

  const streams = computed(() => (query.data.value ?? []).filter((stream) => stream.captures > 0))
  const wanted = computed(() => (typeof route.query.stream === 'string' ? streamId(route.query.stream) : null))
  const chosen = computed(() => streams.value.find((stream) => stream.id === wanted.value) ?? streams.value[0] ?? null)

  const subject = computed<Subject | null>(() => {
    if (chosen.value) return { kind: 'stream', id: chosen.value.id }
    if (query.data.value && channel.value.lastCapture) return { kind: 'channel', id: channel.value.id }
    return null
  })

  const stream = computed<StreamId | undefined>({
    get: () => chosen.value?.id,
    set: (id) => {
      void router.push({ query: { ...route.query, stream: id === streams.value[0]?.id ? undefined : id } })
    },
  })

  /** Live, and the broadcast shown is the one that runs. */
  const isNow = computed(() => {
    const { live } = channel.value
    const shown = chosen.value
    return live !== null && shown !== null && shown.endedAt === null && shown === streams.value[0]
  })
  /** It is live now, but what can be shown is of an earlier broadcast. */
  const lags = computed(() => channel.value.live !== null && chosen.value?.endedAt != null && chosen.value === streams.value[0])

  return {
    streams,
    stream,
    subject,
    isNow,
    lags,
    /** Of the list of broadcasts, without which nothing can be shown. */
    state: reactive({
      pending: query.isPending,
      error: query.error,
      known: computed(() => query.data.value !== undefined),
      retry: () => void query.refetch(),
    }),
  }
}
