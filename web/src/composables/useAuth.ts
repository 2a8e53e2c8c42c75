import { hashKey, useQueryClient } from '@tanstack/vue-query'
import { computed, onScopeDispose, readonly, ref, watch, type Ref } from 'vue'
import { useRoute } from 'vue-router'

import { logOut, loginAddress } from '@/api/client'
import { forgetMe } from '@/api/me'
import { ApiProblem } from '@/api/problem'
import type { Me } from '@/domain/user'

import { keys } from './keys'
import { useMe } from './queries'
import { noteSignedIn } from './signedIn'
import { useLive } from './useLive'

const expired = ref(false)

/** A signed-in page was answered 401: what is in sight stays, and a dialog offers to sign in again. */
export const sessionExpired = (): void => void (expired.value = true)

/** Milliseconds after which it is asked again who is signed in, when nobody can tell; doubles up to the cap. */
const AGAIN = { first: 5_000, cap: 60_000 } as const

/**
 * Who is signed in, for the frame around all pages, which hears the live events for them. The router lets a page open
 * when nobody can tell: it is asked again until somebody can. And a login that has expired may have been renewed in
 * another tab: it is asked again when one comes back to this one.
 */
export function useSignedIn(): Readonly<Ref<Me | null>> {
  const route = useRoute()
  const live = useLive()
  const queries = useQueryClient()
  const { data, dataUpdatedAt, refetch } = useMe()
  const me = computed(() => data.value ?? null)
  const unknown = computed(() => route.meta.signedIn === true && me.value === null && !expired.value)

  async function find(): Promise<void> {
    const { error } = await refetch({ cancelRefetch: false })
    if (error instanceof ApiProblem && error.isSessionLost) sessionExpired()
  }
  const ask = (): void => {
    if (document.visibilityState === 'visible' && (unknown.value || expired.value)) void find()
  }

  addEventListener('focus', ask)
  addEventListener('online', ask)
  document.addEventListener('visibilitychange', ask)
  // Where something else was answered, this can be too.
  const unsubscribe = queries.getQueryCache().subscribe((event) => {
    const isAnswer = event.type === 'updated' && event.action.type === 'success'
    if (isAnswer && unknown.value && event.query.queryHash !== hashKey(keys.me)) ask()
  })
  onScopeDispose(() => {
    removeEventListener('focus', ask)
    removeEventListener('online', ask)
    document.removeEventListener('visibilitychange', ask)
    unsubscribe()
  })

  watch(
    unknown,
    (now, _, onCleanup) => {
      if (!now) return
      let timer: ReturnType<typeof setTimeout>
      const wait = (milliseconds: number): void => {
        timer = setTimeout(() => {
          ask()
          wait(Math.min(AGAIN.cap, milliseconds * 2))
        }, milliseconds)
      }
      wait(AGAIN.first)
      onCleanup(() => clearTimeout(timer))
    },
    { immediate: true },
  )

  watch(
    () => me.value?.id,
    (id, former) => {
      // Nothing of one person's page may be left for the next.
      if (id && former && id !== former) location.reload()
      else if (id) {
        live.start(id)
        noteSignedIn(true)
      } else live.stop()
    },
    { immediate: true },
  )

  watch(dataUpdatedAt, () => {
    if (!expired.value || !me.value) return
    expired.value = false
    // The stream ended with the login, and what was shown since then is old.
    live.start(me.value.id)
    void queries.invalidateQueries()
  })

  return me
}

export function useAuth() {
  const live = useLive()
  const queries = useQueryClient()

  /** Where the browser is now, to come back to. */
  const here = (): string => location.pathname + location.search

  // A real navigation: nothing of one person's page may be left for the next.
  function leaveFor(path: string): void {
    live.forget()
    queries.clear()
    try {
      // All that is in there is of whoever is signed in: the sessions that they deleted.
      sessionStorage.clear()
    } catch {
      // Storage is refused: nothing was kept.
    }
    location.assign(path)
  }

  return {
    expired: readonly(expired),
    logIn: (returnTo: string = here()) => location.assign(loginAddress(returnTo)),
    logOut: async (): Promise<void> => {
      await logOut()
      noteSignedIn(false)
      leaveFor('/')
    },
    /** Removes all that is kept about whoever is signed in; the server signs them out. False when nobody is any more. */
    forget: async (): Promise<boolean> => {
      try {
        await forgetMe()
      } catch (error) {
        if (!(error instanceof ApiProblem && error.isSessionLost)) throw error
        sessionExpired()
        return false
      }
      noteSignedIn(false)
      leaveFor('/privacy?gone=yes')
      return true
    },
  }
}
