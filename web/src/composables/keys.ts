import type { ChannelId, SessionUuid } from '@/domain/ids'

/** Names of what is kept of the server's answers; an event makes stale whatever begins with its name. */
export const keys = {
  me: ['me'] as const,
  channels: ['channels'] as const,
  sessions: ['sessions'] as const,
  session: (uuid: SessionUuid) => ['sessions', uuid] as const,
  summaries: ['summary'] as const,
  summary: (uuid: SessionUuid, channels: readonly ChannelId[]) => ['summary', uuid, ...channels] as const,
}
