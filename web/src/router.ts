import type { QueryClient } from '@tanstack/vue-query'
import { createRouter, createWebHistory, type RouteLocationNormalized, type Router } from 'vue-router'

import { fetchMe } from '@/api/client'
import { ApiProblem } from '@/api/problem'
import { askAhead } from '@/composables/askAhead'
import { keys } from '@/composables/keys'
import { useToasts } from '@/composables/useToasts'
import { breathe } from '@/domain/idle'
import { i18n } from '@/locales'
import { wasSignedIn } from '@/composables/signedIn'
import Landing from '@/pages/Landing.vue'

declare module 'vue-router' {
  interface RouteMeta {
    /** Key of the page's title in the locales, under `title`. */
    title:
      | 'landing'
      | 'channels'
      | 'channel'
      | 'sessions'
      | 'session'
      | 'compare'
      | 'account'
      | 'settings'
      | 'privacy'
      | 'notFound'
    /** Only for people who are signed in. */
    signedIn?: true
    /** Pictures side by side need more width than lines of text. */
    wide?: true
  }
}

/** Answers true when signed in, false when not, null when nobody can tell now. */
async function isSignedIn(queries: QueryClient): Promise<boolean | null> {
  try {
    await queries.query({ queryKey: keys.me, queryFn: ({ signal }) => fetchMe(signal), staleTime: 5 * 60_000 })
    return true
  } catch (error) {
    return error instanceof ApiProblem && error.isSessionLost ? false : null
  }
}

function loadAhead(component: unknown): void {
  if (typeof component === 'function') (component as () => Promise<unknown>)().catch(() => undefined)
}

/** How long a part of a page that an address names may be on its way, in milliseconds. */
const PART_WITHIN = 5_000
/** And how long the page that one comes back to. */
const PLACE_WITHIN = 1_000

interface Place {
  left: number
  top: number
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50))

/** Goes to the part of the page that an address names, once it is there: what it is about may not have been answered. */
async function showPart(hash: string): Promise<false> {
  const until = Date.now() + PART_WITHIN
  while (Date.now() < until && globalThis.location.hash === hash) {
    const part = document.getElementById(hash.slice(1))
    if (part) {
      part.scrollIntoView()
      document.getElementById(`${part.id}-heading`)?.focus({ preventScroll: true })
      break
    }
    await pause()
  }
  return false
}

/**
 * Goes back to where one was, once the page at `path` is as long again as it was, or will not be; not when one has gone
 * elsewhere meanwhile, or has begun to read.
 */
async function showPlace(path: string, place: Place): Promise<Place | false> {
  const until = Date.now() + PLACE_WITHIN
  const isLongEnough = () => document.documentElement.scrollHeight >= place.top + globalThis.innerHeight
  const hand = new AbortController()
  for (const sign of ['wheel', 'pointerdown', 'keydown']) {
    addEventListener(sign, () => hand.abort(), { signal: hand.signal, passive: true })
  }
  while (Date.now() < until && !isLongEnough() && !hand.signal.aborted) await pause()
  const isWanted = !hand.signal.aborted && globalThis.location.pathname === path
  hand.abort()
  return isWanted && place
}

export function createPages(queries: QueryClient): Router {
  const router = createRouter({
    history: createWebHistory(),
    routes: [
      { path: '/', name: 'landing', component: Landing, meta: { title: 'landing' } },
      {
        path: '/channels',
        name: 'channels',
        component: () => import('@/pages/Channels.vue'),
        meta: { title: 'channels', signedIn: true },
      },
      {
        path: '/channels/:login',
        name: 'channel',
        component: () => import('@/pages/Channel.vue'),
        props: true,
        meta: { title: 'channel', signedIn: true, wide: true },
      },
      {
        path: '/sessions',
        name: 'sessions',
        component: () => import('@/pages/Sessions.vue'),
        meta: { title: 'sessions', signedIn: true },
      },
      {
        path: '/sessions/:uuid',
        name: 'session',
        component: () => import('@/pages/Session.vue'),
        props: true,
        meta: { title: 'session', signedIn: true },
      },
      {
        path: '/compare',
        name: 'compare',
        component: () => import('@/pages/Compare.vue'),
        meta: { title: 'compare', signedIn: true },
      },
      {
        path: '/accounts/:id',
        name: 'account',
        component: () => import('@/pages/Account.vue'),
        props: true,
        meta: { title: 'account', signedIn: true },
      },
      {
        path: '/settings',
        name: 'settings',
        component: () => import('@/pages/Settings.vue'),
        meta: { title: 'settings', signedIn: true },
      },
      { path: '/privacy', name: 'privacy', component: () => import('@/pages/Privacy.vue'), meta: { title: 'privacy' } },
      {
        path: '/:path(.*)*',
        name: 'notFound',
        component: () => import('@/pages/NotFound.vue'),
        meta: { title: 'notFound' },
      },
    ],
    scrollBehavior: (to, from, saved) => {
      const isReload = from.matched.length === 0
      if (saved && !(isReload && to.hash)) return showPlace(to.path, saved)
      if (to.hash) return showPart(to.hash)
      return to.path === from.path ? false : { top: 0 }
    },
  })

  const welcomes = (to: RouteLocationNormalized) => to.name === 'landing' && to.query.error === undefined

  router.beforeEach(async (to, from) => {
    // What is picked on a page stands in its address, which must be as quick as the picking.
    if (from.matched.length > 0 && to.path === from.path) return true
    // The page's code and its first answers come while the server is asked who this is; a failure shows when it is needed.
    const who = to.meta.signedIn ? isSignedIn(queries) : null
    if (who && wasSignedIn()) askAhead(queries, to).catch(() => undefined)
    await breathe()
    for (const { components } of to.matched) loadAhead(components?.default)
    const isKnown = await who
    if (isKnown === false) return { name: 'landing', query: { return_to: to.fullPath } }
    // Who has just signed in for the first time.
    if (isKnown && !wasSignedIn()) askAhead(queries, to).catch(() => undefined)
    // Who comes from Twitch to leave is to be known by name, on a page that asks for no login.
    if (to.name === 'privacy' && (wasSignedIn() || to.query.me !== undefined)) await isSignedIn(queries)
    if (welcomes(to) && wasSignedIn() && (await isSignedIn(queries))) return { name: 'channels', replace: true }
    return true
  })
  router.onError((_error, to, from) => {
    // The page's code is not to be had: no network, or a newer version has been installed. That one is then asked for
    // whole, but not again when it was asked for just now.
    if (navigator.onLine && from.matched.length > 0) globalThis.location.assign(to.fullPath)
    else useToasts().say({ tone: 'error', text: i18n.global.t('problem.network') })
  })
  return router
}
