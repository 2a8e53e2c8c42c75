/** Domain values for tests: whole, plausible, and changed where a test cares. */
import type { Channel } from '@/domain/channel'
import { captureId, channelId, jobId, sessionUuid } from '@/domain/ids'
import type { Job } from '@/domain/job'
import type { CapturePoint } from '@/domain/series'
import type { SessionSummary } from '@/domain/session'

export const NOON = new Date('2026-11-23T12:00:00Z')

export const sampleChannel = (change: Partial<Channel> = {}): Channel => ({
  id: channelId('1'),
  login: 'lumi',
  displayName: 'Lumi',
  imageUrl: null,
  role: 'broadcaster',
  live: { startedAt: NOON, viewers: 1_873, title: 'x' },
  lastCapture: { id: captureId('7'), capturedAt: NOON, chatters: 2_412 },
  schedule: null,
  recent: [],
  ...change,
})

export const sampleJob = (change: Partial<Job> = {}): Job => ({
  id: jobId('10'),
  kind: 'capture_chatters',
  state: 'running',
  attempt: 1,
  maxAttempt: 5,
  channelId: channelId('1'),
  captureId: null,
  runAt: null,
  failure: null,
  progress: { pages: 1, pagesTotal: 3, chatters: 1_000, total: 2_412 },
  ...change,
})

export const sampleSummary = (change: Partial<SessionSummary> = {}): SessionSummary => ({
  session: sessionUuid('s'),
  captures: 48,
  gaps: 0,
  firstCapturedAt: NOON,
  lastCapturedAt: NOON,
  distinctAccounts: 4_210,
  enrichedAccounts: 4_098,
  channels: [
    { id: channelId('1'), login: 'lumi', displayName: 'Lumi', captures: 48, distinctAccounts: 4_210, lastCapturedAt: NOON },
  ],
  topCreationDays: [{ day: '2025-05-12', accounts: 87, logins: ['ada', 'bob'] }],
  ...change,
})

export const samplePoint = (change: Partial<CapturePoint> = {}): CapturePoint => ({
  channel: channelId('1'),
  at: NOON,
  chatters: 2_412,
  uncertain: 0,
  viewers: null,
  arrived: 0,
  left: 0,
  fresh: 0,
  gapBefore: false,
  ...change,
})

/** No-break and narrow spaces as plain ones, to compare what is read rather than how it is set. */
export const plain = (text: string): string => text.replace(/[\u00a0\u202f\s]+/g, ' ').trim()
