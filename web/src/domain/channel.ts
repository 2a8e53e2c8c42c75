import type { CaptureId, ChannelId } from './ids'
import type { Gap } from './series'

export type ChannelRole = 'broadcaster' | 'moderator'

export interface ChannelName {
  readonly id: ChannelId
  readonly login: string
  readonly displayName: string
}

/** A broadcast that is on now; viewers are what Twitch counts, which is not who is in the chat. */
export interface Live {
  readonly startedAt: Date
  readonly viewers: number
  readonly title: string
}

export interface LastCapture {
  readonly id: CaptureId
  readonly capturedAt: Date
  readonly chatters: number
}

/** Captures that come by themselves. */
export interface Schedule {
  readonly intervalMinutes: number
  /** Only while the channel is live. */
  readonly onlyLive: boolean
  readonly nextAt: Date
  /** Why nothing is captured, by a stable code; null while all is well. */
  readonly pausedReason: string | null
}

/** A capture of a broadcast, or, without a count, a time when one is missing. */
export interface CoursePoint {
  readonly at: Date
  readonly chatters: number | null
}

export interface Channel extends ChannelName {
  readonly imageUrl: string | null
  readonly role: ChannelRole
  readonly live: Live | null
  readonly lastCapture: LastCapture | null
  readonly schedule: Schedule | null
  /** The last broadcast's, in the order of time. */
  readonly recent: readonly CoursePoint[]
}

/** My channels; when Twitch does not answer they are those it listed last, and nobody knows which are live. */
export interface ChannelList {
  readonly channels: readonly Channel[]
  readonly stale: boolean
}

/** The times of a course about which nothing is known: each from the last capture before it to the first one after. */
export function gapsIn(course: readonly CoursePoint[]): Gap[] {
  const gaps: Gap[] = []
  let known: Date | null = null
  let from: Date | null = null
  for (const { at, chatters } of course) {
    if (chatters === null) {
      from ??= known ?? at
      continue
    }
    if (from) gaps.push({ from, to: at })
    from = null
    known = at
  }
  const end = course.at(-1)
  if (from && end) gaps.push({ from, to: end.at })
  return gaps
}

/** The list with new counts of viewers; a channel that is not live has none. */
export const withViewers = (list: ChannelList, viewers: ReadonlyMap<ChannelId, number>): ChannelList => ({
  ...list,
  channels: list.channels.map((channel) => {
    const now = viewers.get(channel.id)
    return channel.live && now !== undefined ? { ...channel, live: { ...channel.live, viewers: now } } : channel
  }),
})

/**
 * My own channel first, then live ones by viewers, then the others by name. While the same ones are live they keep the
 * order that they had `before`: viewers change each minute, and a row that moves is pressed in place of another.
 */
export function inReadingOrder(channels: readonly Channel[], before: readonly Channel[] = []): Channel[] {
  const stateOf = (channel: Channel) => `${channel.id} ${channel.live !== null}`
  const places = new Map(before.map((channel, i) => [stateOf(channel), i]))
  if (channels.length === before.length && channels.every((channel) => places.has(stateOf(channel)))) {
    const place = (channel: Channel) => places.get(stateOf(channel)) ?? 0
    return [...channels].sort((a, b) => place(a) - place(b))
  }
  const own = (channel: Channel) => (channel.role === 'broadcaster' ? 0 : 1)
  const viewers = (channel: Channel) => channel.live?.viewers ?? -1
  return [...channels].sort(
    (a, b) => own(a) - own(b) || viewers(b) - viewers(a) || (a.login < b.login ? -1 : 1),
  )
}
