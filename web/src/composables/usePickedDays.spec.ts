import { beforeEach, describe, expect, it, vi } from 'vitest'
import { RouterView, type NavigationGuard } from 'vue-router'

import { mountInPage, Nowhere } from '@/testing/mount'

import { usePickedDays } from './usePickedDays'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))

const day = (from: string) => ({ from, to: from })
const [first, second, third] = [day('2025-05-11'), day('2025-05-12'), day('2025-05-13')] as const

async function open(at = '/channels/lumi') {
  let picked!: ReturnType<typeof usePickedDays>
  const { router, wrapper } = await mountInPage({
    setup() {
      picked = usePickedDays()
      return () => null
    },
  }, { at })
  return { router, wrapper, replace: vi.spyOn(router, 'replace'), ...picked }
}

describe('the days picked', () => {
  it('are shown as the hand goes over them, and stand in the address once it rests', async () => {
    const { days, settled, replace } = await open('/channels/lumi?show=wave')
    for (const one of [first, second, third]) {
      days.value = one
      expect(days.value).toEqual(one)
      await vi.advanceTimersByTimeAsync(150)
    }
    expect(replace).not.toHaveBeenCalled()
    expect(settled.value).toBeNull()
    await vi.advanceTimersByTimeAsync(50)
    expect(replace.mock.calls).toEqual([[{ query: { show: 'wave', ...third } }]])
    expect([days.value, settled.value]).toEqual([third, third])
  })

  it('are dropped as soon as they are dropped by hand', async () => {
    const { days, router } = await open('/channels/lumi?from=2025-05-11&to=2025-05-11')
    days.value = null
    expect(days.value).toBeNull()
    await vi.advanceTimersByTimeAsync(200)
    expect(router.currentRoute.value.fullPath).toBe('/channels/lumi')
  })

  it('are those of an address that comes from elsewhere meanwhile', async () => {
    const { days, router, replace } = await open()
    days.value = first
    await router.push({ query: second })
    expect(days.value).toEqual(second)
    await vi.advanceTimersByTimeAsync(400)
    expect(replace).not.toHaveBeenCalled()
  })

  it('call nobody back who leaves, and write nothing once they are gone', async () => {
    const { days, router, wrapper, replace } = await open()
    // The next page's code takes longer than a hand rests.
    router.beforeResolve((to) => {
      if (to.path === '/accounts/1') return new Promise((go) => setTimeout(go, 1_000))
    })
    days.value = first
    const left = router.push('/accounts/1')
    await vi.advanceTimersByTimeAsync(1_000)
    await left
    expect(router.currentRoute.value.path).toBe('/accounts/1')
    days.value = second
    wrapper.unmount()
    await vi.advanceTimersByTimeAsync(400)
    expect(replace).not.toHaveBeenCalled()
  })
})

describe('days picked just before one leaves', () => {
  /** On the way to an account’s page, before which the server is asked who this is. */
  async function leave(answer: boolean, at = '/channels/lumi') {
    let picked!: ReturnType<typeof usePickedDays>
    const Room = {
      setup() {
        picked = usePickedDays()
        return () => null
      },
    }
    const meta = { title: 'landing' } as const
    const guard: NavigationGuard = (to) =>
      to.path === '/accounts/1' ? new Promise((go) => setTimeout(() => go(answer), 1_000)) : true
    const routes = [
      { path: '/channels/:login', component: Room, meta },
      { path: '/accounts/:id', component: Nowhere, meta },
    ]
    const { router } = await mountInPage(RouterView, { routes, guard, at })
    picked.days.value = first
    await vi.advanceTimersByTimeAsync(100)
    const left = router.push('/accounts/1')
    const address = () => router.currentRoute.value.fullPath
    const arrive = async () => {
      await vi.advanceTimersByTimeAsync(1_000)
      await left
    }
    const back = async () => {
      router.back()
      await vi.advanceTimersByTimeAsync(0)
    }
    return { address, arrive, back, days: () => picked.days.value, pick: (days: typeof first) => (picked.days.value = days) }
  }

  it('call nobody back, and are there again for who comes back', async () => {
    const { address, arrive, back, days } = await leave(true)
    await arrive()
    expect(address()).toBe('/accounts/1')
    await back()
    expect([address(), days()]).toEqual(['/channels/lumi', first])
    await vi.advanceTimersByTimeAsync(200)
    expect(address()).toBe('/channels/lumi?from=2025-05-11&to=2025-05-11')
  })

  it('are the last ones that were picked, whatever the address had before', async () => {
    const { address, arrive, back, days, pick } = await leave(true, '/channels/lumi?from=2025-05-13&to=2025-05-13')
    await vi.advanceTimersByTimeAsync(500)
    pick(second)
    await arrive()
    expect(address()).toBe('/accounts/1')
    await back()
    expect(days()).toEqual(second)
  })

  it('stand in the address after all when the next page is not to be had', async () => {
    const { address, arrive, days } = await leave(false)
    await vi.advanceTimersByTimeAsync(500)
    expect(address()).toBe('/channels/lumi')
    await arrive()
    expect(address()).toBe('/channels/lumi?from=2025-05-11&to=2025-05-11')
    expect(days()).toEqual(first)
  })
})
