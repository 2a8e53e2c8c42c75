/** Ids are strings on the wire; here each is a type of its own, so that none is taken for another. */
declare const brand: unique symbol
type Id<Name extends string> = string & { readonly [brand]: Name }

export type ChannelId = Id<'channel'>
export type CaptureId = Id<'capture'>
/** A broadcast, by our own id. */
export type StreamId = Id<'stream'>
export type JobId = Id<'job'>
export type SessionUuid = Id<'session'>
export type UserId = Id<'user'>
/** A Twitch account, by its Twitch id. */
export type AccountId = Id<'account'>

export const channelId = (text: string): ChannelId => text as ChannelId
export const captureId = (text: string): CaptureId => text as CaptureId
export const streamId = (text: string): StreamId => text as StreamId
export const jobId = (text: string): JobId => text as JobId
export const sessionUuid = (text: string): SessionUuid => text as SessionUuid
export const userId = (text: string): UserId => text as UserId
export const accountId = (text: string): AccountId => text as AccountId
