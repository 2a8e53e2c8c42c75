import { describe, expect, it, vi } from 'vitest'

import { channelId, sessionUuid } from '@/domain/ids'
import { answer } from '@/testing/answers'
import { mountInPage } from '@/testing/mount'

import EvolutionPart from './EvolutionPart.vue'

// A canvas is nothing that happy-dom can draw on.
vi.mock('@/charts/EChart.vue', () => ({ __esModule: true, default: { render: () => null } }))

const at = '2026-11-23T10:00:00Z'
const coverage = { captures: 2, gaps: 0, first_captured_at: at, last_captured_at: at }
const point = (channel: string) => ({
  capture_id: channel, channel_id: channel, stream_id: null, captured_at: at, chatters: 60, uncertain: 0, viewers: 80, new: 2, returning: 58, arrived: 4, left: 3, gap_before: false,
})
const answered = (...channels: string[]) => ({ body: { coverage, points: channels.map(point), markers: [] } })
const channels = ['1', '2'].map((id) => ({ id: channelId(id), login: `c${id}`, displayName: `C${id}` }))
const subject = (...only: string[]) => ({ kind: 'session', id: sessionUuid('s'), channels: only.map(channelId) })
const Page = {
  components: { EvolutionPart },
  props: ['subject', 'channels'],
  template: `<section id="evolution"><h2 id="evolution-heading" tabindex="-1">x</h2><EvolutionPart v-bind="$props" /></section>`,
}

describe('EvolutionPart', () => {
  it('gives the focus to its heading when the button goes that chose a channel', async () => {
    const path = 'GET /api/v1/sessions/s/evolution'
    answer({ [`${path}?points=1500`]: answered('1', '2'), [`${path}?channel=1&points=1500`]: answered('1') })
    const { wrapper } = await mountInPage(Page, { props: { subject: subject(), channels } })
    await vi.waitFor(() => expect(wrapper.find('li button').exists()).toBe(true))
    wrapper.get<HTMLElement>('li button').element.focus()
    await wrapper.setProps({ subject: subject('1') })
    await vi.waitFor(() => expect(wrapper.find('li button').exists()).toBe(false))
    await vi.waitFor(() => expect(document.activeElement?.id).toBe('evolution-heading'))
  })
})
