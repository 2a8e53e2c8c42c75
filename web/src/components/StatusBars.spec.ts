import { describe, expect, it, vi } from 'vitest'
import { nextTick, ref } from 'vue'

import type { StreamState } from '@/api/stream'
import { userId } from '@/domain/ids'
import { fakeLive, mountInPage } from '@/testing/mount'

import StatusBars from './StatusBars.vue'

const me = { id: userId('1'), login: 'a', displayName: 'A', imageUrl: null, scopes: [], grant: 'valid' as const }

describe('StatusBars', () => {
  it('says that updates are interrupted once it lasts, and stops when they are back', async () => {
    vi.useFakeTimers()
    const state = ref<StreamState>('live')
    const { wrapper } = await mountInPage(StatusBars, { props: { me }, live: { ...fakeLive(), state } })
    state.value = 'reconnecting'
    await nextTick()
    expect(wrapper.text()).toBe('')
    vi.advanceTimersByTime(2_500)
    await nextTick()
    expect(wrapper.text()).toContain('reconnexion')
    state.value = 'offline'
    await nextTick()
    expect(wrapper.text()).toContain('hors ligne')
    state.value = 'refused'
    await nextTick()
    expect(wrapper.text()).toContain('fermez-en une')
    state.value = 'live'
    await nextTick()
    expect(wrapper.text()).toBe('')
  })

  it('says that a page which never went live is not', async () => {
    vi.useFakeTimers()
    const state = ref<StreamState>('connecting')
    const { wrapper } = await mountInPage(StatusBars, { props: { me }, live: { ...fakeLive(), state } })
    vi.advanceTimersByTime(2_500)
    await nextTick()
    expect(wrapper.text()).toContain('pas encore là')
    state.value = 'reconnecting'
    await nextTick()
    expect(wrapper.text()).toContain('reconnexion')
  })

  it('says that Twitch no longer accepts the permission', async () => {
    const { wrapper } = await mountInPage(StatusBars, { props: { me: { ...me, grant: 'lost' } } })
    expect(wrapper.text()).toContain('Autoriser à nouveau')
  })
})
