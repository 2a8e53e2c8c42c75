import { describe, expect, it, vi } from 'vitest'
import { computed, watch } from 'vue'

import { ALL_CAPTURES } from '@/domain/analysis'
import { captureId } from '@/domain/ids'
import { answer } from '@/testing/answers'
import { mountInPage } from '@/testing/mount'
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

const streams = (...ids: string[]) => ({
  body: {
    streams: ids.map((id) => ({ id, title: '', started_at: NOON.toISOString(), ended_at: null, captures: 1, chatters_peak: 1 })),
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
