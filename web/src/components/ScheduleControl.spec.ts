import { describe, expect, it, vi } from 'vitest'

import ToastList from '@/components/ToastList.vue'
import { channelId } from '@/domain/ids'
import { answer, problemBody } from '@/testing/answers'
import { mountInPage } from '@/testing/mount'
import { NOON, sampleChannel } from '@/testing/samples'

import ScheduleControl from './ScheduleControl.vue'

const schedule = { intervalMinutes: 5, onlyLive: true, nextAt: NOON, pausedReason: null }
const open = (change: object) => mountInPage(ScheduleControl, { props: { channel: sampleChannel(change) } })

describe('ScheduleControl', () => {
  it('is a switch, named for its channel', async () => {
    const { wrapper } = await open({})
    const toggle = wrapper.get('[role=switch]')
    expect(toggle.attributes()).toMatchObject({ 'aria-checked': 'false', 'aria-label': 'Capture automatique de Lumi' })
    const asked = answer({ 'PUT /api/v1/channels/1/schedule': { body: {} } })
    await toggle.trigger('click')
    await vi.waitFor(() => expect(asked[0]?.body).toEqual({ interval_minutes: 5, only_live: true }))
  })

  it('says how often, and ends it', async () => {
    const { wrapper } = await open({ schedule })
    expect(wrapper.get('.when').text().replace(/\s/g, ' ')).toBe('toutes les 5 min, en direct')
    const asked = answer({ 'DELETE /api/v1/channels/1/schedule': { status: 204, body: null } })
    await wrapper.get('[role=switch]').trigger('click')
    await vi.waitFor(() => expect(asked).toHaveLength(1))
  })

  it('is as it was when it is turned off and on again', async () => {
    const id = channelId('2')
    const { wrapper } = await open({ id, schedule: { ...schedule, intervalMinutes: 30, onlyLive: false } })
    const asked = answer({
      'DELETE /api/v1/channels/2/schedule': { status: 204, body: null },
      'PUT /api/v1/channels/2/schedule': { body: {} },
    })
    await wrapper.get('[role=switch]').trigger('click')
    await vi.waitFor(() => expect(asked).toHaveLength(1))
    await wrapper.setProps({ channel: sampleChannel({ id, schedule: null }) })
    await vi.waitFor(() => expect(wrapper.get('[role=switch]').attributes('disabled')).toBeUndefined())
    await wrapper.get('[role=switch]').trigger('click')
    await vi.waitFor(() => expect(asked[1]?.body).toEqual({ interval_minutes: 30, only_live: false }))
  })

  it('says why it could not be set', async () => {
    const { wrapper } = await open({})
    answer({ 'PUT /api/v1/channels/1/schedule': problemBody(403, 'channel_forbidden') })
    const { wrapper: toasts } = await mountInPage(ToastList)
    await wrapper.get('[role=switch]').trigger('click')
    await vi.waitFor(() => expect(toasts.text()).toContain('Le réglage n’a pas été enregistré'))
  })
})
