import type { ChannelName } from './channel'
import type { SessionUuid } from './ids'

export type SessionStatus = 'active' | 'saved' | 'expired'

/** One person's selection of captures, to be looked at together. */
export interface Session {
  readonly uuid: SessionUuid
  readonly status: SessionStatus
  readonly name: string | null
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly expiresAt: Date | null
  readonly captures: number
  readonly channels: readonly ChannelName[]
}

export interface ChannelSummary extends ChannelName {
  readonly captures: number
  readonly distinctAccounts: number
  readonly lastCapturedAt: Date | null
}

/** Accounts created on one calendar day (UTC, as Twitch gives it); `logins` is at most the first 100 of them. */
export interface CreationDay {
  readonly day: string
  readonly accounts: number
  readonly logins: readonly string[]
}

export interface SessionSummary {
  readonly session: SessionUuid
  readonly captures: number
  /** Captures that were asked for and failed or were missed. */
  readonly gaps: number
  readonly firstCapturedAt: Date | null
  readonly lastCapturedAt: Date | null
  readonly distinctAccounts: number
  readonly enrichedAccounts: number
  readonly channels: readonly ChannelSummary[]
  readonly topCreationDays: readonly CreationDay[]
}

/** Share of the accounts whose creation date we know, 0 to 1; null when there are none. */
export function enrichedShare(summary: SessionSummary): number | null {
  return summary.distinctAccounts === 0 ? null : summary.enrichedAccounts / summary.distinctAccounts
}

/** What is going on first, then what is kept, then what is over; in each the last used first. */
export function byStatus(sessions: readonly Session[]): { status: SessionStatus; sessions: Session[] }[] {
  const order: readonly SessionStatus[] = ['active', 'saved', 'expired']
  return order.flatMap((status) => {
    const these = sessions
      .filter((session) => session.status === status)
      .sort((a, b) => b.updatedAt.getTime() - a.updatedAt.getTime())
    return these.length > 0 ? [{ status, sessions: these }] : []
  })
}
