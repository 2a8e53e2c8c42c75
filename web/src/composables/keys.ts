import { channelsOf, type Subject } from '@/domain/analysis'
import type { ChannelId, SessionUuid } from '@/domain/ids'

/** Names of what is kept of the server's answers; an event makes stale whatever begins with its name. */
export const keys = {
  me: ['me'] as const,
  channels: ['channels'] as const,
  sessions: ['sessions'] as const,
  session: (uuid: SessionUuid) => ['sessions', uuid] as const,
  /** All that is computed from captures: any of it may change when one lands. */
  analysis: ['analysis'] as const,
  question: (subject: Subject, question: string, ...parameters: readonly unknown[]) =>
    ['analysis', subject.kind, subject.id, question, channelsOf(subject), ...parameters] as const,
  streams: (channel: ChannelId) => ['analysis', 'channel', channel, 'streams'] as const,
  verdicts: (channel: ChannelId) => ['verdicts', channel] as const,
  summaries: ['summary'] as const,
  summary: (uuid: SessionUuid, channels: readonly ChannelId[]) => ['summary', uuid, ...channels] as const,
}
