/** A `return_to` that stays on this site, or null: an address from elsewhere must not lead elsewhere. */
export function pathWithin(wanted: unknown): string | null {
  if (typeof wanted !== 'string' || !wanted.startsWith('/')) return null
  // A browser reads a second slash, a backslash or a control character as the start of another host.
  if (/^\/[/\\]/.test(wanted) || /[\\\u0000-\u001f]/.test(wanted)) return null
  return wanted
}
