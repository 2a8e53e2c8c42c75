import { describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'

import { channelId } from '@/domain/ids'
import { answer, problemBody } from '@/testing/answers'
import { mountInPage } from '@/testing/mount'
import { plain, sampleJob } from '@/testing/samples'
import ToastList from '@/components/ToastList.vue'

import Channels from './Channels.vue'

const live = { started_at: '2026-11-23T10:00:00Z', viewer_count: 214, title: '' }
const wire = (id: string, change: object = {}) => ({ id, login: `c${id}`, display_name: `C${id}`, profile_image_url: null, role: 'moderator', recent: [], schedule: null, ...change })
const channels = [wire('1', { live }), wire('2'), wire('3', { role: 'broadcaster', live })]

async function open(list: unknown[] = channels, more: Parameters<typeof answer>[0] = {}) {
  const asked = answer({ 'GET /api/v1/channels': { body: { channels: list, stale: false } }, ...more })
  const page = await mountInPage(Channels)
  await vi.waitFor(() => expect(page.wrapper.find('h3, .state').exists()).toBe(true))
  const button = (name: string) =>
    page.wrapper.findAll('button').find((one) => (one.attributes('aria-label') ?? plain(one.text())) === name)!
  return { ...page, asked, button }
}

describe('Channels', () => {
  it('lists one’s own first and says how many are live', async () => {
    const { wrapper } = await open()
    expect(wrapper.findAll('h3').map((name) => name.text())).toEqual(['C3', 'C1', 'C2'])
    expect(wrapper.text()).toContain('3 chaînes, 2 en direct')
    expect(wrapper.text()).toContain('Jamais capturée')
  })

  it('says what to do when there is none', async () => {
    const { wrapper } = await open([])
    expect(wrapper.text()).toContain('Aucune chaîne à capturer')
  })

  it('captures all live ones with one request', async () => {
    const { asked, button } = await open(channels, {
      'POST /api/v1/captures': { status: 202, body: { session: 's', jobs: [] } },
    })
    await button('Capturer les 2 chaînes en direct').trigger('click')
    await vi.waitFor(() => expect(asked.at(-1)).toMatchObject({ method: 'POST', body: { channel_ids: ['3', '1'] } }))
  })

  it('leaves out of the bulk what is under way, and shows its progress', async () => {
    const { wrapper, button, live: stream } = await open()
    stream.captures.set(channelId('1'), sampleJob({ channelId: channelId('1') }))
    await nextTick()
    expect(plain(wrapper.text())).toContain('Page 1 sur 3')
    expect(button('Capturer C1').attributes('disabled')).toBeDefined()
    expect(button('Capturer la chaîne en direct')).toBeDefined()
  })

  it('says why a capture was not started', async () => {
    const { button } = await open(channels, { 'POST /api/v1/captures': problemBody(403, 'channel_forbidden') })
    const { wrapper: toasts } = await mountInPage(ToastList)
    await button('Capturer C2').trigger('click')
    await vi.waitFor(() => expect(toasts.text()).toContain('Vous ne modérez pas'))
  })
})
