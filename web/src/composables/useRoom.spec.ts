import { describe, expect, it, vi } from 'vitest'
import { computed, nextTick, watch } from 'vue'
import { RouterView, type NavigationGuard } from 'vue-router'

import { ALL_CAPTURES } from '@/domain/analysis'
import { captureId } from '@/domain/ids'
import { answer } from '@/testing/answers'
import { mountInPage, Nowhere } from '@/testing/mount'
import { NOON, sampleChannel } from '@/testing/samples'

import { useRoom } from './useRoom'

async function open(minutesAgo: number) {
  vi.useFakeTimers({ now: NOON, toFake: ['Date'] })
  answer({ 'GET /api/v1/channels/1/streams': { body: { streams: [], next_cursor: null } } })
  const capturedAt = new Date(NOON.getTime() - minutesAgo * 60_000)
  const channel = sampleChannel({ lastCapture: { id: captureId('7'), capturedAt, chatters: 1 } })
  let room!: ReturnType<typeof useRoom>
  await mountInPage({
    setup() {
      room = useRoom(computed(() => channel))
      return () => null
    },
  })
  await vi.waitFor(() => expect(room.subject.value).toEqual({ kind: 'channel', id: '1' }))
  return room
}

const streams = (...ids: string[]) => endedStreams(null, ...ids)
const endedStreams = (ended_at: string | null, ...ids: string[]) => ({
  body: {
    streams: ids.map((id) => ({ id, title: '', started_at: NOON.toISOString(), ended_at, captures: 1, chatters_peak: 1 })),
    next_cursor: null,
  },
})

describe('a newer broadcast’s first capture', () => {
  async function overtake(isHeld: boolean, before = ['8'], after = ['9', '8']) {
    let now = streams(...before)
    answer({ 'GET /api/v1/channels/1/streams': () => now })
    let room!: ReturnType<typeof useRoom>
    const subjects: unknown[] = []
    const { router, queries } = await mountInPage({
      setup() {
        room = useRoom(computed(() => sampleChannel()), () => isHeld)
        watch(room.subject, (subject) => subjects.push(subject?.id), { flush: 'sync' })
        return () => null
      },
    }, { at: '/channels/lumi' })
    await vi.waitFor(() => expect(room.subject.value).not.toBeNull())
    now = streams(...after)
    await queries.invalidateQueries()
    await vi.waitFor(() => expect(room.streams.value).toHaveLength(after.length))
    return { room, router, subjects: [...new Set(subjects)] }
  }

  it('is shown at once while nothing is picked', async () => {
    const { room, router, subjects } = await overtake(false)
    expect(subjects).toEqual(['8', '9'])
    expect(room.isPassed.value).toBe(false)
    expect(router.currentRoute.value.query).toEqual({})
  })

  it('does not take the place of one in which something is picked, not for a moment', async () => {
    const { room, router, subjects } = await overtake(true)
    expect(subjects).toEqual(['8'])
    expect(room.isPassed.value).toBe(true)
    expect(router.currentRoute.value.query).toEqual({ stream: '8' })
    room.choice.value = room.streams.value[0]!.id
    await vi.waitFor(() => expect(router.currentRoute.value.query).toEqual({}))
    expect(room.subject.value?.id).toBe('9')
  })

  it('is told of after it has ended, too, for as long as an earlier one is shown', async () => {
    answer({ 'GET /api/v1/channels/1/streams': endedStreams(NOON.toISOString(), '9', '8') })
    let room!: ReturnType<typeof useRoom>
    const { router } = await mountInPage({
      setup() {
        room = useRoom(computed(() => sampleChannel()))
        return () => null
      },
    }, { at: '/channels/lumi?stream=8' })
    await vi.waitFor(() => expect(room.subject.value?.id).toBe('8'))
    expect([room.isPassed.value, room.lags.value]).toEqual([true, false])
    await router.push('/channels/lumi')
    // What is live has no capture yet: of that another note tells.
    expect([room.isPassed.value, room.lags.value]).toEqual([false, true])
  })

  describe('that comes while one is on the way to another page', () => {
    async function overtakeOnTheWay(isAllowed: boolean) {
      let now = streams('8')
      answer({ 'GET /api/v1/channels/1/streams': () => now })
      let room!: ReturnType<typeof useRoom>
      const Room = {
        setup() {
          room = useRoom(computed(() => sampleChannel()), () => true)
          return () => null
        },
      }
      const meta = { title: 'landing' } as const
      let goOn: (isAllowed: boolean) => void = () => undefined
      const guard: NavigationGuard = (to) => to.path === '/accounts/1' ? new Promise((resolve) => (goOn = resolve)) : true
      const routes = [
        { path: '/channels/:login', component: Room, meta },
        { path: '/accounts/:id', component: Nowhere, meta },
      ]
      const { router, queries } = await mountInPage(RouterView, { routes, guard, at: '/channels/lumi' })
      await vi.waitFor(() => expect(room.subject.value?.id).toBe('8'))
      const left = router.push('/accounts/1')
      await nextTick()
      now = streams('9', '8')
      await queries.invalidateQueries()
      goOn(isAllowed)
      await left
      return { room, router }
    }

    it('calls nobody back', async () => {
      const { router } = await overtakeOnTheWay(true)
      expect(router.currentRoute.value.fullPath).toBe('/accounts/1')
    })

    it('is told of after all when one stays', async () => {
      const { room, router } = await overtakeOnTheWay(false)
      await vi.waitFor(() => expect(router.currentRoute.value.fullPath).toBe('/channels/lumi?stream=8'))
      await vi.waitFor(() => expect(room.isPassed.value).toBe(true))
    })
  })

  it('does not take the place of all captures either, of which none belonged to a broadcast', async () => {
    const { room, router } = await overtake(true, [], ['9'])
    expect(room.subject.value).toEqual({ kind: 'channel', id: '1' })
    expect(router.currentRoute.value.query).toEqual({ stream: ALL_CAPTURES })
  })
})

describe('all captures of a channel', () => {
  it('go up to now only while the last one is fresh', async () => {
    expect((await open(59)).isNow.value).toBe(true)
    expect((await open(60)).isNow.value).toBe(false)
  })
})
