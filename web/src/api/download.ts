/** Files that the browser saves itself: as long as they like, never held in the page. */
import { fetchMe } from './client'

/**
 * Starts a download. Who is signed in is asked first, because a refused download would be a file with the refusal in
 * it, and an expired session is to be said in the page.
 */
export async function download(path: string): Promise<void> {
  await fetchMe()
  const link = document.createElement('a')
  link.href = path
  link.download = ''
  link.click()
}
