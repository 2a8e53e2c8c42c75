/** What a channel's graph is made of. */
import type { ChannelId } from './ids'

export interface CapturePoint {
  readonly channel: ChannelId
  readonly at: Date
  readonly chatters: number
  /** By how many the list may be off, in a room that changed while it was read. */
  readonly uncertain: number
  /** What Twitch counted then; null when it did not say. */
  readonly viewers: number | null
  /** Present here and not in the capture before; null for the first. */
  readonly arrived: number | null
  readonly left: number | null
  /** Never seen on the channel before. */
  readonly fresh: number
  /** Something is missing between the capture before and this one: a capture failed, or was missed, or nobody asked. */
  readonly gapBefore: boolean
}

/** A time about which nothing is known. */
export interface Gap {
  readonly from: Date
  readonly to: Date
}

export type Marker =
  | { readonly at: Date; readonly kind: 'raid'; readonly from: string; readonly viewers: number }
  | { readonly at: Date; readonly kind: 'streamStart'; readonly title: string }
  | { readonly at: Date; readonly kind: 'streamEnd' }

export type Sample = readonly [time: number, value: number | null]

export const gapsOf = (points: readonly CapturePoint[]): Gap[] =>
  points.flatMap((point, i) => {
    const before = points[i - 1]
    return point.gapBefore && before ? [{ from: before.at, to: point.at }] : []
  })

/** One line's samples, with a hole wherever a gap lies between two of them, so that no line is drawn across it. */
export function withHoles(points: readonly CapturePoint[], value: (point: CapturePoint) => number | null): Sample[] {
  const samples: Sample[] = []
  let before: number | null = null
  for (const point of points) {
    const time = point.at.getTime()
    if (before !== null && point.gapBefore) samples.push([before + (time - before) / 2, null])
    samples.push([time, value(point)])
    before = time
  }
  return samples
}

/** The unbroken pieces of a list with holes, each with where it begins. */
export function pieces(values: readonly (number | null)[]): { start: number; values: number[] }[] {
  const found: { start: number; values: number[] }[] = []
  let open: { start: number; values: number[] } | null = null
  values.forEach((value, i) => {
    if (value === null) {
      open = null
    } else if (open) {
      open.values.push(value)
    } else {
      open = { start: i, values: [value] }
      found.push(open)
    }
  })
  return found
}
