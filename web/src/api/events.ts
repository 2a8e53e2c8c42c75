/** What the event stream says, as domain events. */
import { captureId, channelId, type CaptureId, type ChannelId } from '@/domain/ids'
import type { Job } from '@/domain/job'

import { count, instant, parseJob, type Wire } from './parse'
import type { SseMessage } from './sse'

export type LiveEvent =
  | { readonly type: 'job'; readonly job: Job }
  | {
      readonly type: 'capture'
      readonly capture: CaptureId
      readonly channel: ChannelId
      readonly capturedAt: Date
      readonly chatters: number
      readonly newAccounts: number
    }
  /** A raid came, or a broadcast began or ended. */
  | { readonly type: 'channelChanged'; readonly channel: ChannelId }
  /** A moderator marked accounts, or took marks back. */
  | { readonly type: 'verdictsChanged'; readonly channel: ChannelId }
  | { readonly type: 'viewers'; readonly viewers: ReadonlyMap<ChannelId, number> }
  | { readonly type: 'enriched'; readonly remaining: number }
  /** Twitch no longer honours what the user allowed us. */
  | { readonly type: 'grantLost' }
  /** A session of the user's was named, saved, emptied, deleted or restored. */
  | { readonly type: 'sessionsChanged' }
  /** A schedule of the user's was set or ended, or captures nothing any more. */
  | { readonly type: 'schedulesChanged' }

/** Events of kinds that this version does not know are null, so that a newer gateway may send more. */
export function parseEvent(message: SseMessage): LiveEvent | null {
  const wire = JSON.parse(message.data) as Wire['Event']
  switch (wire.type) {
    case 'job':
      return { type: 'job', job: parseJob(wire) }
    case 'capture':
      return {
        type: 'capture',
        capture: captureId(wire.capture_id),
        channel: channelId(wire.channel_id),
        capturedAt: instant(wire.captured_at),
        chatters: count(wire.chatters_count),
        newAccounts: count(wire.new_count),
      }
    case 'channel_changed':
      return { type: 'channelChanged', channel: channelId(wire.channel_id) }
    case 'verdicts_changed':
      return { type: 'verdictsChanged', channel: channelId(wire.channel_id) }
    case 'viewers':
      return {
        type: 'viewers',
        viewers: new Map(wire.channels.map((one) => [channelId(one.channel_id), count(one.viewers)])),
      }
    case 'enriched':
      return { type: 'enriched', remaining: count(wire.remaining) }
    case 'grant_lost':
      return { type: 'grantLost' }
    case 'sessions_changed':
      return { type: 'sessionsChanged' }
    case 'schedule_changed':
    case 'schedule_paused':
      return { type: 'schedulesChanged' }
    default:
      return null
  }
}
