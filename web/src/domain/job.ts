import type { CaptureId, ChannelId, JobId } from './ids'

export type JobState = 'ready' | 'running' | 'done' | 'dead'

export interface Progress {
  readonly pages: number
  readonly pagesTotal: number
  readonly chatters: number
  readonly total: number
}

/** Why a run failed: a stable code, and a sentence in English for those who look deeper. */
export interface JobFailure {
  readonly code: string
  readonly detail: string
}

export interface Job {
  readonly id: JobId
  readonly kind: string
  readonly state: JobState
  readonly attempt: number
  readonly maxAttempt: number
  readonly channelId: ChannelId | null
  readonly captureId: CaptureId | null
  readonly runAt: Date | null
  readonly failure: JobFailure | null
  readonly progress: Progress | null
}

export const isOver = (job: Job): boolean => job.state === 'done' || job.state === 'dead'

/** Waiting for another run after one that failed. */
export const isRetrying = (job: Job): boolean => job.state === 'ready' && job.attempt > 0

/** Share of the work that is done, 0 to 1; null while nobody can know. */
export function doneShare(job: Job): number | null {
  const { progress } = job
  if (job.state === 'done') return 1
  if (!progress || progress.total === 0) return null
  return Math.min(1, progress.chatters / progress.total)
}

/**
 * The newer of two reports of one job. They arrive over two roads (the event stream and answers to requests) and may
 * overtake each other; an over job stays over, except that somebody redrives a dead one.
 */
export function newer(known: Job | undefined, heard: Job): Job {
  if (known?.id !== heard.id) return heard
  if (known.state === 'done') return known
  if (heard.attempt < known.attempt && heard.state !== 'done') return known
  if (heard.attempt > known.attempt) return heard
  if (isOver(known) && !isOver(heard)) return heard.state === 'ready' && heard.attempt === 0 ? heard : known
  if (known.state === 'running' && heard.state === 'running') {
    const before = known.progress?.chatters ?? -1
    return (heard.progress?.chatters ?? -1) < before ? known : heard
  }
  return heard
}
