import { computed, type ComputedRef, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'

import type { SideKind } from '@/domain/comparison'
import type { ChannelId } from '@/domain/ids'

import { useCaptureChoices, useStreamChoices } from './people'
import { useChannels, useSessions } from './queries'
import { useFormat } from './useFormat'
import { useSessionWords } from './useSessionWords'

export interface SideOption {
  readonly id: string
  readonly text: string
}

/** Things to pick from, which may be on their way, or not to be had. */
export interface SideList {
  readonly options: readonly SideOption[]
  readonly isEmpty: boolean
  readonly isLoading: boolean
  readonly error: unknown
  readonly retry: () => void
}

interface Asked {
  readonly isLoading: Readonly<Ref<boolean>>
  readonly error: Readonly<Ref<unknown>>
  readonly refetch: () => unknown
}

const listOf = (query: Asked, known: () => SideOption[] | undefined): ComputedRef<SideList> =>
  computed(() => {
    const options = known()
    return {
      options: options ?? [],
      isEmpty: options?.length === 0,
      isLoading: query.isLoading.value,
      error: options ? null : query.error.value,
      retry: () => void query.refetch(),
    }
  })

/** What can be picked as one side of a comparison: things of a kind, of a channel where the kind belongs to one. */
export function useSideOptions(kind: Readonly<Ref<SideKind>>, channel: Readonly<Ref<ChannelId | null>>) {
  const { t } = useI18n()
  const format = useFormat()
  const words = useSessionWords()
  const when = (wanted: SideKind) => computed(() => (kind.value === wanted ? channel.value : null))

  const sessions = useSessions()
  const channels = useChannels()
  const streams = useStreamChoices(when('stream'))
  const captures = useCaptureChoices(when('capture'))

  const captured = (count: number) => t('sessions.captures', { count: format.number(count) }, count)
  const lists = {
    session: listOf(sessions, () =>
      sessions.data.value?.map((one) => ({ id: one.uuid, text: `${words.name(one)} · ${words.captures(one)}` })),
    ),
    channel: listOf(channels, () => channels.data.value?.channels.map((one) => ({ id: one.id, text: one.displayName }))),
    stream: listOf(streams, () =>
      streams.data.value?.map((one) => ({ id: one.id, text: `${format.dateTime(one.startedAt)} · ${captured(one.captures)}` })),
    ),
    capture: listOf(captures, () =>
      captures.data.value?.map((one) => ({
        id: one.id,
        text: `${format.dateTime(one.at)} · ${t('channels.chatters', { count: format.number(one.chatters) })}`,
      })),
    ),
  }
  return { list: computed(() => lists[kind.value].value), channels: lists.channel }
}
