import { describe, expect, it, vi } from 'vitest'

import { answer, problemBody } from '@/testing/answers'
import { mountInPage } from '@/testing/mount'
import { plain } from '@/testing/samples'

import Account from './Account.vue'

const AT = '2026-11-23T10:00:00Z'
const broadcast = { stream_id: '5', first_captured_at: AT, last_captured_at: AT, captures: 4, attended: 2 }
const viewer = (change: object = {}) => ({
  twitch_id: '9',
  login: 'ada',
  display_name: 'Ada',
  created_at: '2025-05-12T08:00:00Z',
  gone: false,
  default_picture: null,
  has_description: true,
  broadcaster_type: 'partner',
  names: [{ login: 'ada_old', display_name: 'Ada_Old', replaced_at: AT }],
  coverage: { captures: 4, gaps: 0, first_captured_at: AT, last_captured_at: AT },
  channels: [
    {
      channel_id: '1', captures: 4, attended: 2, first_seen_at: AT, last_seen_at: AT, broadcasts: [broadcast],
      arrival: { capture_id: '3', origin: 'raid', raid_from: 'nightshift', newcomers: 41 },
    },
  ],
  verdicts: [{ twitch_id: '9', channel_id: '1', verdict: 'people', marked_at: AT, marked_by: '1' }],
  ...change,
})
const channel = { id: '1', login: 'lumi', display_name: 'Lumi', profile_image_url: null, role: 'moderator', live: null, recent: [], schedule: null }
const routes = {
  'GET /api/v1/channels': { body: { channels: [channel], stale: false } },
  'GET /api/v1/accounts/9': { body: viewer() },
}
const open = async () => {
  const page = await mountInPage(Account, { props: { id: '9' }, at: '/accounts/9' })
  await vi.waitFor(() => expect(page.wrapper.find('.facts, .state').exists()).toBe(true))
  return page
}

describe('Account', () => {
  it('says what is known, and of what it is not known yet', async () => {
    answer(routes)
    const { wrapper } = await open()
    const text = plain(wrapper.text())
    expect(text).toMatch(/@ada, vu sur 1 de vos chaînes, dans 4 captures prises en compte\. La dernière est du 23 nov\. 2026/)
    expect(text).toContain('A choisi une imagepas encore connu')
    expect(text).toContain('partenaire')
    expect(text).toMatch(/Fuseau horaire : .+\./)
    expect(wrapper.find('h1 + p a[href="/settings"]').exists()).toBe(true)
    expect(wrapper.findAll('.names li').map((one) => plain(one.text()))[1]).toContain('ada_old jusqu’au')
    await vi.waitFor(() => expect(wrapper.get('h3 a').attributes('href')).toBe('/channels/lumi'))
    expect(plain(wrapper.get('.presence').text())).toContain(
      'Venu avec le raid de nightshift. 40 autres comptes étaient nouveaux dans la même capture.',
    )
  })

  it('leads from how it came to who else was new then', async () => {
    answer(routes)
    const { wrapper } = await open()
    await vi.waitFor(() => expect(wrapper.find('.presence p a').exists()).toBe(true))
    expect(wrapper.get('.presence p a').attributes('href')).toBe('/channels/lumi?stream=5&show=newcomers')
  })

  it('leads nowhere when it came outside a broadcast', async () => {
    const [on] = viewer().channels
    const channels = [{ ...on, broadcasts: [{ ...broadcast, stream_id: null }] }]
    answer({ ...routes, 'GET /api/v1/accounts/9': { body: viewer({ channels }) } })
    const { wrapper } = await open()
    await vi.waitFor(() => expect(wrapper.find('h3 a').exists()).toBe(true))
    expect(plain(wrapper.get('.presence p').text())).toContain('40 autres comptes étaient nouveaux')
    expect(wrapper.find('.presence p a').exists()).toBe(false)
  })

  it('notes a verdict, and takes it back when the server refuses', async () => {
    let refuse = false
    const asked = answer({
      ...routes,
      'PUT /api/v1/accounts/9/verdict': () => (refuse ? problemBody(503, 'database_unavailable') : { body: { stored: 1 } }),
    })
    const { wrapper } = await open()
    await vi.waitFor(() => expect(wrapper.find('h3').exists()).toBe(true))
    const radio = (value: string) => wrapper.get(`input[value=${value}]`)
    expect((radio('people').element as HTMLInputElement).checked).toBe(true)
    await radio('suspicious').setValue(true)
    await vi.waitFor(() => expect(asked.find((one) => one.method === 'PUT')?.body).toEqual({ channel_id: '1', verdict: 'suspicious' }))
    refuse = true
    await radio('none').setValue(true)
    await vi.waitFor(() => expect((radio('people').element as HTMLInputElement).checked).toBe(true))
  })

  it('does not pass ids off as names while those are not known, and says when they cannot be', async () => {
    let names: { status?: number; body: unknown } = problemBody(403, 'channel_forbidden')
    answer({ ...routes, 'GET /api/v1/channels': () => names })
    const { wrapper } = await open()
    await vi.waitFor(() => expect(wrapper.find('.unnamed').exists()).toBe(true))
    expect(plain(wrapper.get('.unnamed').text())).toContain('Les noms de vos chaînes n’ont pas pu être lus.')
    expect(plain(wrapper.get('h3').text())).toBe('Chaîne n° 1')
    expect(wrapper.find('h3 a').exists()).toBe(false)
    names = routes['GET /api/v1/channels']
    await wrapper.get('.unnamed button').trigger('click')
    await vi.waitFor(() => expect(wrapper.get('h3 a').text()).toBe('Lumi'))
    expect(wrapper.find('.unnamed').exists()).toBe(false)
  })

  it('says that Twitch no longer knows somebody', async () => {
    answer({ ...routes, 'GET /api/v1/accounts/9': { body: viewer({ gone: true, channels: [], names: [] }) } })
    const { wrapper } = await open()
    expect(wrapper.text()).toContain('Twitch ne connaît plus ce compte')
    expect(wrapper.text()).toContain('Aucune de vos chaînes n’a de capture.')
  })
})
