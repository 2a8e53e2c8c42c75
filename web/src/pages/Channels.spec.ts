import { describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'

import { keys } from '@/composables/keys'
import { withViewers, type ChannelList } from '@/domain/channel'
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

  it('leaves each row where it is when viewers come and go', async () => {
    const { wrapper, queries } = await open([wire('1', { live }), wire('2', { live: { ...live, viewer_count: 100 } })])
    const viewers = (one: number, two: number) => new Map([[channelId('1'), one], [channelId('2'), two]])
    queries.setQueryData<ChannelList>(keys.channels, (list) => list && withViewers(list, viewers(90, 300)))
    await vi.waitFor(() => expect(wrapper.text()).toContain('300 spectateurs'))
    expect(wrapper.findAll('h3').map((name) => name.text())).toEqual(['C1', 'C2'])
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
    expect(button('Capturer la chaîne en direct')).toBeDefined()
  })

  it('keeps the focus where a capture was asked for, and asks for no other meanwhile', async () => {
    const { asked, button, live: stream } = await open()
    const before = asked.length
    const one = button('Capturer C1')
    one.element.focus()
    for (const id of ['1', '3']) stream.captures.set(channelId(id), sampleJob({ channelId: channelId(id) }))
    await nextTick()
    expect(document.activeElement).toBe(one.element)
    expect(one.attributes()).toMatchObject({ 'aria-disabled': 'true', 'aria-busy': 'true' })
    expect(one.attributes('disabled')).toBeUndefined()
    await one.trigger('click')

    const all = button('Capturer les 2 chaînes en direct')
    expect(all.attributes('aria-disabled')).toBe('true')
    await all.trigger('click')
    expect(asked).toHaveLength(before)
  })

  it('says of the last broadcast when each capture was, and where one is missing', async () => {
    const course = [2300, 2412, null, 2466].map((chatters, i) => ({ at: `2026-11-23T10:0${i}:00Z`, chatters }))
    const { wrapper } = await open([wire('1', { recent: course }), wire('2', { recent: course.slice(1, 3) })])
    const drawings = wrapper.findAll('.drawing')
    expect(drawings).toHaveLength(1)
    const label = plain(drawings[0]!.attributes('aria-label')!)
    expect(label).toMatch(/^Dernier direct : 2 466 à la fin, entre 2 300 et 2 466 \(23 nov\. 2026, .*\), avec 1 interruption sans capture$/)
    await drawings[0]!.trigger('click')
    const rows = wrapper.findAll('tbody tr').map((row) => plain(row.text()))
    expect(rows).toHaveLength(4)
    expect(rows[1]).toMatch(/^23 nov\. 2026, \d\d:01 ?2 412$/)
    expect(rows[2]).toMatch(/^23 nov\. 2026, \d\d:02 ?Pas de capture$/)
    expect(wrapper.get('.zone').text()).toContain('Fuseau horaire')
  })

  it('says why a capture was not started', async () => {
    const { button } = await open(channels, { 'POST /api/v1/captures': problemBody(403, 'channel_forbidden') })
    const { wrapper: toasts } = await mountInPage(ToastList)
    await button('Capturer C2').trigger('click')
    await vi.waitFor(() => expect(toasts.text()).toContain('Vous ne modérez pas'))
  })
})
