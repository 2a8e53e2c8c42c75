import { ref } from 'vue'
import { useI18n } from 'vue-i18n'

import type { Channel } from '@/domain/channel'
import type { ChannelId } from '@/domain/ids'
import { isOver } from '@/domain/job'

import { useStartCaptures } from './queries'
import { useFormat } from './useFormat'
import { useLive } from './useLive'
import { useProblemText } from './useProblemText'
import { useToasts } from './useToasts'

/** Asking for captures, of those channels where none is under way. */
export function useCapture() {
  const { t } = useI18n()
  const { number } = useFormat()
  const { say } = useToasts()
  const live = useLive()
  const problem = useProblemText()
  const { mutateAsync: start } = useStartCaptures()

  const asking = ref<ReadonlySet<ChannelId>>(new Set())
  const isIdle = (channel: ChannelId): boolean => {
    const job = live.captures.get(channel)
    return !asking.value.has(channel) && (!job || isOver(job))
  }

  async function capture(wanted: readonly Channel[]): Promise<void> {
    const ids = wanted.map((channel) => channel.id).filter(isIdle)
    if (ids.length === 0) return
    asking.value = new Set([...asking.value, ...ids])
    try {
      await start(ids)
      if (ids.length > 1) say({ tone: 'plain', text: t('channels.started', { count: number(ids.length) }, ids.length) })
    } catch (failure) {
      say({ tone: 'error', text: t('channels.startFailed', { reason: problem.ofError(failure) }, ids.length) })
    } finally {
      asking.value = new Set([...asking.value].filter((id) => !ids.includes(id)))
    }
  }

  return { capture, isIdle }
}
