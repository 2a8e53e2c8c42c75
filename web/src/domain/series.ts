/** What a channel's graph is made of. */

export interface CapturePoint {
  readonly at: Date
  readonly chatters: number
  /** What Twitch counted then; null when it did not say. */
  readonly viewers: number | null
  /** Present here and not in the capture before; null for the first. */
  readonly arrived: number | null
  readonly left: number | null
}

/** A time about which nothing is known: captures were due and failed, or were missed. */
export interface Gap {
  readonly from: Date
  readonly to: Date
}

export interface Marker {
  readonly at: Date
  readonly kind: 'raid' | 'streamStart' | 'streamEnd'
  /** Who raids and with how many, as it is to be read. */
  readonly label: string
}

export type Sample = readonly [time: number, value: number | null]

/** One line's samples, with a hole wherever a gap lies between two of them, so that no line is drawn across it. */
export function withHoles(
  points: readonly CapturePoint[],
  gaps: readonly Gap[],
  value: (point: CapturePoint) => number | null,
): Sample[] {
  const samples: Sample[] = []
  let previous: number | null = null
  for (const point of points) {
    const time = point.at.getTime()
    const from = previous
    if (from !== null && gaps.some((gap) => gap.from.getTime() < time && gap.to.getTime() > from)) {
      samples.push([from + (time - from) / 2, null])
    }
    samples.push([time, value(point)])
    previous = time
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
