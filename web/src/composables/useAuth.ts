import { useQueryClient } from '@tanstack/vue-query'
import { readonly, ref } from 'vue'

import { logOut, loginAddress } from '@/api/client'
import { forgetMe } from '@/api/me'
import { ApiProblem } from '@/api/problem'

import { noteSignedIn } from './signedIn'
import { useLive } from './useLive'

const expired = ref(false)

/** A signed-in page was answered 401: what is in sight stays, and a dialog offers to sign in again. */
export const sessionExpired = (): void => void (expired.value = true)

export function useAuth() {
  const live = useLive()
  const queries = useQueryClient()

  /** Where the browser is now, to come back to. */
  const here = (): string => location.pathname + location.search

  // A real navigation: nothing of one person's page may be left for the next.
  function leaveFor(path: string): void {
    live.stop()
    queries.clear()
    location.assign(path)
  }

  return {
    expired: readonly(expired),
    logIn: (returnTo: string = here()) => location.assign(loginAddress(returnTo)),
    logOut: async (): Promise<void> => {
      await logOut()
      leaveFor('/')
    },
    /** Removes all that is kept about whoever is signed in; the server signs them out. */
    forget: async (): Promise<void> => {
      try {
        await forgetMe()
      } catch (error) {
        if (error instanceof ApiProblem && error.isSessionLost) { sessionExpired(); return; }
        throw error
      }
      noteSignedIn(false)
      leaveFor('/privacy?gone=yes')
    },
  }
}
