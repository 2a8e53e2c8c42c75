/**
 * A note to ourselves that somebody was signed in here. It grants nothing; it spares first-time visitors a request that
 * can only fail.
 */
const KEY = 'signed-in'

export function wasSignedIn(): boolean {
  try {
    return localStorage.getItem(KEY) !== null
  } catch {
    return true
  }
}

export function noteSignedIn(yes: boolean): void {
  try {
    if (yes) localStorage.setItem(KEY, '1')
    else localStorage.removeItem(KEY)
  } catch {
    // Storage is refused: the first page asks each time.
  }
}
