import { MutationCache, QueryCache, QueryClient } from '@tanstack/vue-query'

import { ApiProblem } from '@/api/problem'
import { keys } from '@/composables/keys'

/** Asked again twice, and only what may pass by itself. */
const shouldRetry = (failures: number, error: Error): boolean =>
  failures < 2 && error instanceof ApiProblem && error.isPassing

/** Without a network an answer is that there is none, in words, not a wait without end; with it, what is shown is asked again. */
const asked = { networkMode: 'always', refetchOnReconnect: true } as const

export function createQueries(onSessionLost: () => void): QueryClient {
  const queries: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      onError: (error) => {
        // Who was not signed in since this page was opened is the router's matter, or `useSignedIn`'s once it is known.
        const wasSignedIn = queries.getQueryData(keys.me) !== undefined
        if (wasSignedIn && error instanceof ApiProblem && error.isSessionLost) onSessionLost()
      },
    }),
    mutationCache: new MutationCache({
      onError: (error) => {
        if (error instanceof ApiProblem && error.isSessionLost) onSessionLost()
      },
    }),
    defaultOptions: {
      // Answers are replaced, never changed: watching each field of thousands of accounts would cost more than they do.
      queries: { ...asked, shallow: true, retry: shouldRetry, retryDelay: (n) => Math.min(8_000, 800 * 2 ** n), staleTime: 15_000 },
      mutations: { networkMode: 'always', retry: false },
    },
  })
  return queries
}
