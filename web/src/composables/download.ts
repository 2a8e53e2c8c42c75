/** Files that the browser saves itself: as long as they like, never held in the page. */
import { fetchMe } from '@/api/client'
import { ApiProblem } from '@/api/problem'

import { sessionExpired } from './useAuth'

/**
 * Starts a download. Who is signed in is asked first, because a refused download would be a file with the refusal in
 * it; that the session has expired is said in the page.
 */
export async function download(path: string): Promise<void> {
  try {
    await fetchMe()
  } catch (error) {
    if (error instanceof ApiProblem && error.isSessionLost) { sessionExpired(); return; }
    throw error
  }
  const link = document.createElement('a')
  link.href = path
  link.download = ''
  link.click()
}
