import { describe, expect, it, vi } from 'vitest'
import { computed } from 'vue'

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

describe('all captures of a channel', () => {
  it('go up to now only while the last one is fresh', async () => {
    expect((await open(59)).isNow.value).toBe(true)
    expect((await open(60)).isNow.value).toBe(false)
  })
})
