import type { UserId } from './ids'

export interface Me {
  readonly id: UserId
  readonly login: string
  readonly displayName: string
  readonly imageUrl: string | null
  readonly scopes: readonly string[]
  /** `lost`: Twitch no longer accepts what this person once allowed, so nothing can be captured for them. */
  readonly grant: 'valid' | 'lost' | 'unknown'
}
