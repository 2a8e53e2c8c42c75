import { VueQueryPlugin, type QueryClient } from '@tanstack/vue-query'
import { mount, type VueWrapper } from '@vue/test-utils'
import { computed, ref, shallowReactive, type Component } from 'vue'
import { createMemoryHistory, createRouter, matchedRouteKey, type NavigationGuard, type RouteRecordRaw, type Router } from 'vue-router'

import { LIVE, type Live } from '@/composables/useLive'
import type { ChannelId, SessionUuid } from '@/domain/ids'
import type { Job } from '@/domain/job'
import { i18n } from '@/locales'
import { createQueries } from '@/queryClient'

export interface FakeLive extends Live {
  readonly captures: Map<ChannelId, Job>
}

/** A stream that says nothing, with what it would have said in the test's hands. */
export function fakeLive(): FakeLive {
  return {
    state: ref('live' as const),
    captures: shallowReactive(new Map<ChannelId, Job>()),
    session: ref<SessionUuid | null>(null),
    start: () => undefined,
    stop: () => undefined,
    forget: () => undefined,
    follow: () => undefined,
  }
}

export const Nowhere: Component = { render: () => null }
const EVERYWHERE: RouteRecordRaw[] = [{ path: '/:path(.*)*', component: Nowhere, meta: { title: 'landing' } }]

export interface Mounted {
  readonly wrapper: VueWrapper
  readonly router: Router
  readonly live: FakeLive
  readonly queries: QueryClient
}

interface Around {
  props?: Record<string, unknown>
  at?: string
  slots?: Record<string, string>
  live?: FakeLive
  /** The pages that there are; one, wherever one goes, when they are not told. */
  routes?: RouteRecordRaw[]
  /** What stands before all pages, as the router's own guard does, which asks the server who this is. */
  guard?: NavigationGuard
}

/** Mounts a component in everything it finds around itself in the page. */
export async function mountInPage(component: Component, options: Around = {}): Promise<Mounted> {
  const live = options.live ?? fakeLive()
  const queries = createQueries(() => undefined)
  const router = createRouter({ history: createMemoryHistory(), routes: options.routes ?? EVERYWHERE })
  if (options.guard) router.beforeEach(options.guard)
  await router.push(options.at ?? '/')
  const wrapper = mount(component, {
    props: options.props,
    slots: options.slots,
    attachTo: document.body,
    global: {
      plugins: [i18n, router, [VueQueryPlugin, { queryClient: queries }]],
      provide: {
        [LIVE as symbol]: live,
        // As a RouterView around it would.
        [matchedRouteKey as symbol]: computed(() => router.currentRoute.value.matched[0]),
      },
      // What goes elsewhere in the document is looked for where it comes from.
      stubs: { teleport: true },
    },
  })
  return { wrapper: wrapper as VueWrapper, router, live, queries }
}
