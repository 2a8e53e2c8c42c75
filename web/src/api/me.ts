/** What somebody may do with what is kept about them. */
import { ask, http } from './client'

/** Everything that is kept about whoever is signed in, as the file that it is to be. */
export const fetchEverything = (): Promise<Blob> => ask(http.GET('/api/v1/me/export', { parseAs: 'blob' }))

/** Removes it, signs out, and has the account left out of captures from now on. */
export async function forgetMe(): Promise<void> {
  await ask(http.DELETE('/api/v1/me'))
}
