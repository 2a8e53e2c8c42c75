import { describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import { RouterLink, useRoute, type NavigationGuard, type RouteRecordRaw } from 'vue-router'

import { answer, problemBody } from '@/testing/answers'
import { mountInPage, Nowhere } from '@/testing/mount'

import App from './App.vue'

/** A page with a link that leads to the same page and goes when it is pressed, and one that stays. */
const Room = {
  components: { RouterLink },
  setup: () => ({ route: useRoute() }),
  template: `<RouterLink v-if="route.query.stream" id="goes" to="/channels/lumi">x</RouterLink><RouterLink id="stays" to="?stream=7">y</RouterLink>`,
}
const meta = { title: 'channel' } as const
const routes: RouteRecordRaw[] = [
  { path: '/', component: Nowhere, meta },
  { path: '/channels/:login', name: 'channel', component: Room, meta },
  { path: '/accounts/:id', name: 'account', component: Nowhere, meta },
]

describe('the focus', () => {
  async function open(guard?: NavigationGuard) {
    answer({ 'GET /api/v1/me': problemBody(401, 'not_authenticated') })
    const { wrapper, router } = await mountInPage(App, { routes, guard, at: '/channels/lumi?stream=8' })
    await vi.waitFor(() => expect(wrapper.find('#goes').exists()).toBe(true))
    const press = async (name: string) => {
      const link = wrapper.get<HTMLElement>(name)
      link.element.focus()
      await link.trigger('click')
    }
    const focused = () => document.activeElement?.id
    return { router, press, focused, address: () => router.currentRoute.value.fullPath }
  }

  it('goes to the next page', async () => {
    const { router, focused } = await open()
    await router.push('/accounts/1')
    await nextTick()
    expect(focused()).toBe('main')
  })

  it('is not lost with what was pressed on the same page', async () => {
    const { press, focused, address } = await open()
    await press('#goes')
    await vi.waitFor(() => expect(address()).toBe('/channels/lumi'))
    await nextTick()
    expect(focused()).toBe('main')
  })

  it('stays on what was pressed when that stays', async () => {
    const { press, focused, address } = await open()
    await press('#stays')
    await vi.waitFor(() => expect(address()).toBe('/channels/lumi?stream=7'))
    await nextTick()
    expect(focused()).toBe('stays')
  })

  it('stays where one went on when one gave up going to another page', async () => {
    let go: (is: boolean) => void = () => undefined
    const guard = (to: { path: string }) => to.path !== '/accounts/1' || new Promise<boolean>((resolve) => (go = resolve))
    const { router, press, focused, address } = await open(guard)
    const given = router.push('/accounts/1')
    await press('#stays')
    await vi.waitFor(() => expect(address()).toBe('/channels/lumi?stream=7'))
    go(true)
    await given
    await nextTick()
    expect(focused()).toBe('stays')
  })

  it('is nowhere when it was nowhere', async () => {
    const { router } = await open()
    await router.replace('/channels/lumi')
    await nextTick()
    expect(document.activeElement).toBe(document.body)
  })
})
