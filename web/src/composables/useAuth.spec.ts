import { QueryClient, useQuery, VueQueryPlugin } from '@tanstack/vue-query'
import { mount } from '@vue/test-utils'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, h } from 'vue'
import { createMemoryHistory, createRouter } from 'vue-router'

import { answer, problemBody, type Asked } from '@/testing/answers'
import { fakeLive, mountInPage } from '@/testing/mount'

import { sessionExpired, useAuth, useSignedIn } from './useAuth'
import { LIVE } from './useLive'

const wire = (id: string) => ({ user: { id, login: 'a', display_name: 'A', profile_image_url: null }, scopes: [], grant: 'valid' })
const away = problemBody(503, 'sessions_unavailable')
let said: { status?: number; body: unknown }
let asked: Asked[]
let queries: QueryClient
const start = vi.fn()

/** The frame around a page, and one thing that the page asks. */
async function open(meta: { signedIn?: true }) {
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [{ path: '/', component: { render: () => null }, meta: { title: 'channels', ...meta } }],
  })
  await router.push('/')
  queries = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  const Frame = defineComponent({
    setup() {
      const me = useSignedIn()
      const { expired } = useAuth()
      const { refetch } = useQuery({ queryKey: ['page'], queryFn: () => 1, enabled: false })
      return () => h('button', { onClick: () => void refetch() }, `${me.value?.id ?? 'nobody'} ${expired.value ? 'expired' : ''}`)
    },
  })
  return mount(Frame, {
    global: {
      plugins: [router, [VueQueryPlugin, { queryClient: queries }]],
      provide: { [LIVE as symbol]: { ...fakeLive(), start } },
    },
  })
}

beforeEach(() => {
  vi.useFakeTimers()
  start.mockClear()
  said = { body: wire('1') }
  asked = answer({ 'GET /api/v1/me': () => said })
})

describe('who is signed in', () => {
  it('is found out as soon as something else on the page is answered', async () => {
    const frame = await open({ signedIn: true })
    expect(frame.text()).toBe('nobody')
    await frame.trigger('click')
    await vi.waitFor(() => expect(frame.text()).toBe('1'))
    expect(start).toHaveBeenCalledExactlyOnceWith('1')
    await frame.trigger('click')
    expect(asked).toHaveLength(1)
  })

  it('is asked again, ever more rarely, until somebody can tell', async () => {
    said = away
    const frame = await open({ signedIn: true })
    for (const [wait, times] of [[5_000, 1], [10_000, 2], [19_999, 2], [1, 3]] as const) {
      await vi.advanceTimersByTimeAsync(wait)
      expect(asked).toHaveLength(times)
    }
    said = { body: wire('1') }
    await vi.advanceTimersByTimeAsync(40_000)
    expect(frame.text()).toBe('1')
    await vi.advanceTimersByTimeAsync(600_000)
    expect(asked).toHaveLength(4)
  })

  it('is nobody’s business on a page for everybody', async () => {
    const frame = await open({})
    await frame.trigger('click')
    await vi.advanceTimersByTimeAsync(60_000)
    expect(asked).toEqual([])
  })
})

describe('a login that has expired', () => {
  async function expire() {
    const frame = await open({ signedIn: true })
    await frame.trigger('click')
    await vi.waitFor(() => expect(frame.text()).toBe('1'))
    sessionExpired()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(frame.text()).toBe('1 expired')
    expect(asked).toHaveLength(1)
    return frame
  }

  it('is taken back when one comes back to the tab after signing in elsewhere', async () => {
    const frame = await expire()
    said = problemBody(401, 'not_authenticated')
    dispatchEvent(new Event('focus'))
    await vi.advanceTimersByTimeAsync(0)
    expect(frame.text()).toBe('1 expired')

    const invalidate = vi.spyOn(queries, 'invalidateQueries')
    said = { body: wire('1') }
    dispatchEvent(new Event('focus'))
    await vi.waitFor(() => expect(frame.text()).toBe('1'))
    expect(start).toHaveBeenCalledTimes(2)
    expect(invalidate).toHaveBeenCalledExactlyOnceWith()
  })

  it('is noticed on a page that asks nothing else', async () => {
    said = away
    const frame = await open({ signedIn: true })
    said = problemBody(401, 'not_authenticated')
    await vi.advanceTimersByTimeAsync(5_000)
    expect(frame.text()).toBe('nobody expired')
    await vi.advanceTimersByTimeAsync(600_000)
    expect(asked).toHaveLength(1)
    said = { body: wire('1') }
    dispatchEvent(new Event('focus'))
    await vi.waitFor(() => expect(frame.text()).toBe('1'))
  })

  it('leaves nothing of the page when somebody else signed in', async () => {
    await expire()
    const reload = vi.spyOn(globalThis.location, 'reload').mockReturnValue()
    said = { body: wire('2') }
    document.dispatchEvent(new Event('visibilitychange'))
    await vi.waitFor(() => expect(reload).toHaveBeenCalledOnce())
  })
})

describe('logging out', () => {
  it('leaves nothing of one person for the next', async () => {
    answer({ 'POST /auth/logout': { status: 204, body: null } })
    const leave = vi.spyOn(globalThis.location, 'assign').mockReturnValue()
    sessionStorage.setItem('deleted-sessions:1', '[]')
    sessionStorage.setItem('deleted-sessions:2', '[]')
    const forgetLive = vi.fn()
    let auth!: ReturnType<typeof useAuth>
    await mountInPage({
      setup() {
        auth = useAuth()
        return () => null
      },
    }, { live: { ...fakeLive(), forget: forgetLive } })
    await auth.logOut()
    expect(leave).toHaveBeenCalledWith('/')
    expect(sessionStorage).toHaveLength(0)
    expect(forgetLive).toHaveBeenCalledOnce()
  })
})
