import { channelId, type ChannelId } from './ids'

/** Which of some values an address names; the first where it names none of them. */
export const oneOf = <T extends string>(values: readonly [T, ...T[]], wanted: unknown): T =>
  values.find((value) => value === wanted) ?? values[0]

/** The channels that an address names, each by a `channel` of its own. */
export const channelsIn = ({ channel }: Readonly<Record<string, unknown>>): readonly ChannelId[] =>
  [channel].flat().filter((id) => typeof id === 'string').map(channelId)

/** A `return_to` that stays on this site, or null: an address from elsewhere must not lead elsewhere. */
export function pathWithin(wanted: unknown): string | null {
  if (typeof wanted !== 'string' || !wanted.startsWith('/')) return null
  // A browser reads a second slash, a backslash or a control character as the start of another host.
  if (/^\/[/\\]/.test(wanted) || /[\\\u0000-\u001f]/.test(wanted)) return null
  return wanted
}
