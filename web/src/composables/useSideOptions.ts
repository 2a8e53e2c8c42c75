import { computed, type Ref } from 'vue'
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

/** What can be picked as one side of a comparison: things of a kind, of a channel where the kind belongs to one. */
export function useSideOptions(kind: Readonly<Ref<SideKind>>, channel: Readonly<Ref<ChannelId | null>>) {
  const { t } = useI18n()
  const format = useFormat()
  const words = useSessionWords()
  const when = (wanted: SideKind) => computed(() => (kind.value === wanted ? channel.value : null))

  const { data: sessions } = useSessions()
  const { data: list } = useChannels()
  const { data: streams } = useStreamChoices(when('stream'))
  const { data: captures } = useCaptureChoices(when('capture'))

  const channels = computed<SideOption[]>(() =>
    (list.value?.channels ?? []).map((one) => ({ id: one.id, text: one.displayName })),
  )
  const captured = (count: number) => t('sessions.captures', { count: format.number(count) }, count)
  const options = computed<SideOption[]>(() => {
    switch (kind.value) {
      case 'session':
        return (sessions.value ?? []).map((one) => ({ id: one.uuid, text: `${words.name(one)} · ${words.captures(one)}` }))
      case 'channel':
        return channels.value
      case 'stream':
        return (streams.value ?? []).map((one) => ({
          id: one.id,
          text: `${format.dateTime(one.startedAt)} · ${captured(one.captures)}`,
        }))
      case 'capture':
        return (captures.value ?? []).map((one) => ({
          id: one.id,
          text: `${format.dateTime(one.at)} · ${t('channels.chatters', { count: format.number(one.chatters) })}`,
        }))
    }
  })
  return { options, channels }
}
