import { computed, type Ref } from 'vue'

import type { ChannelName } from '@/domain/channel'
import type { ChannelId } from '@/domain/ids'

/** Channels by their id; one that nobody told us of is called by it. */
export function useChannelNames(channels: Readonly<Ref<readonly ChannelName[]>>) {
  const names = computed(() => new Map(channels.value.map((channel) => [channel.id, channel.displayName])))
  return (id: ChannelId): string => names.value.get(id) ?? id
}
