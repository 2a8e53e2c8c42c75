import { describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'

import { answer, problemBody } from '@/testing/answers'
import { mountInPage } from '@/testing/mount'
import { plain } from '@/testing/samples'

import Compare from './Compare.vue'

const AT = '2026-11-23T10:00:00Z'
const coverage = { captures: 3, gaps: 0, first_captured_at: AT, last_captured_at: AT }
const side = (subject: string, accounts: number) => ({ subject, coverage, accounts })
const person = (id: string) => ({ twitch_id: id, login: `p${id}`, display_name: `P${id}`, created_at: null })
const compared = (change: object = {}) => ({
  a: side('session:s', 5),
  b: side('channel:1', 7),
  arrived: 4,
  left: 2,
  stayed: 3,
  jaccard: 3 / 9,
  people: [person('8'), person('9')],
  next_cursor: null,
  ...change,
})
const session = { uuid: '1a', status: 'saved', name: 'Hier', created_at: AT, updated_at: AT, expires_at: null, captures: 3, channels: [] }
const channel = { id: '1', login: 'lumi', display_name: 'Lumi', profile_image_url: null, role: 'moderator', live: null, recent: [], schedule: null }
const PATH = 'GET /api/v1/captures/compare?a=session%3A1a&b=channel%3A1&list='
const routes = {
  'GET /api/v1/sessions': { body: { sessions: [session] } },
  'GET /api/v1/channels': { body: { channels: [channel], stale: false } },
}

describe('Compare', () => {
  it('asks for two sides first, and nothing of the server', async () => {
    const asked = answer(routes)
    const { wrapper } = await mountInPage(Compare, { at: '/compare?a=session:1a&b=nonsense' })
    expect(wrapper.text()).toContain('Choisissez les deux côtés')
    await vi.waitFor(() => expect(asked).toHaveLength(2))
  })

  it('draws both sides under their names, and lists who', async () => {
    answer({ ...routes, [`${PATH}arrived&limit=100`]: { body: compared() }, [`${PATH}left&limit=100`]: { body: compared({ people: [person('7')] }) } })
    const { wrapper, router } = await mountInPage(Compare, { at: '/compare?a=session:1a&b=channel:1' })
    await vi.waitFor(() => expect(wrapper.find('.people').exists()).toBe(true))
    const text = plain(wrapper.text())
    expect(text).toContain('3 des 9 comptes sont des deux côtés, soit 33 %.')
    await vi.waitFor(() => expect(wrapper.findAll('.name b').map((one) => one.text())).toEqual(['Hier', 'Lumi']))
    const basis = wrapper.findAll('.name .small').map((one) => plain(one.text()))
    expect(basis[0]).toMatch(/^5 comptes distincts, 3 captures, 23 nov\. 2026/)
    expect(basis[1]).toMatch(/^7 comptes distincts, 3 captures, 23 nov\. 2026/)
    expect(wrapper.findAll('tbody a').map((one) => one.attributes('href'))).toEqual(['/accounts/8', '/accounts/9'])
    await wrapper.get('[role=radiogroup] input[value=left]').setValue(true)
    await vi.waitFor(() => expect(wrapper.findAll('tbody a').map((one) => one.text())).toEqual(['P7']))
    expect(router.currentRoute.value.query.list).toBe('left')
  })

  it('says once when a capture was made', async () => {
    const taken = { captures: 1, gaps: 0, first_captured_at: AT, last_captured_at: AT }
    const body = compared({ a: { ...side('capture:3', 5), coverage: taken }, b: { ...side('capture:4', 7), coverage: taken } })
    answer({ ...routes, 'GET /api/v1/captures/compare?a=capture%3A3&b=capture%3A4&list=arrived&limit=100': { body } })
    const { wrapper } = await mountInPage(Compare, { at: '/compare?a=capture:3&b=capture:4' })
    await vi.waitFor(() => expect(wrapper.find('.people').exists()).toBe(true))
    expect(plain(wrapper.get('.name b').text())).toMatch(/^Capture du 23 nov\. 2026/)
    expect(plain(wrapper.get('.name .small').text())).toBe('5 comptes distincts, 1 capture')
  })

  it('opens with the list that the address names', async () => {
    answer({ ...routes, [`${PATH}left&limit=100`]: { body: compared({ people: [person('7')] }) } })
    const { wrapper } = await mountInPage(Compare, { at: '/compare?a=session:1a&b=channel:1&list=left' })
    await vi.waitFor(() => expect(wrapper.findAll('tbody a').map((one) => one.text())).toEqual(['P7']))
  })

  it('says of what can be picked that it is on its way, not to be had, or none', async () => {
    let isRefused = true
    answer({ ...routes, 'GET /api/v1/sessions': () => (isRefused ? problemBody(403, 'channel_forbidden') : { body: { sessions: [] } }) })
    const { wrapper } = await mountInPage(Compare, { at: '/compare' })
    const first = () => wrapper.get('select[aria-label="Une session"] option').text()
    expect(first()).toBe('Chargement…')
    await vi.waitFor(() => expect(plain(wrapper.get('.sides').text())).toContain('Cette liste n’a pas pu être lue. Vous ne modérez pas'))
    expect(first()).toBe('Choisir une session')
    isRefused = false
    await wrapper.get('.failed button').trigger('click')
    await vi.waitFor(() => expect(first()).toBe('Aucune session'))
    expect(wrapper.find('.failed').exists()).toBe(false)
  })

  it('does not compare a thing with itself', async () => {
    answer(routes)
    const { wrapper } = await mountInPage(Compare, { at: '/compare?a=channel:1&b=channel:1' })
    expect(wrapper.text()).toContain('Les deux côtés sont les mêmes')
  })

  it('says what went wrong', async () => {
    answer({ ...routes, [`${PATH}arrived&limit=100`]: problemBody(404, 'session_not_found') })
    const { wrapper } = await mountInPage(Compare, { at: '/compare?a=session:1a&b=channel:1' })
    await vi.waitFor(() => expect(wrapper.text()).toContain('n’existe pas, ou n’est pas la vôtre'))
  })

  it('keeps the picture, the numbers and the choice of list when one list fails', async () => {
    let isRefused = true
    answer({
      ...routes,
      [`${PATH}arrived&limit=100`]: { body: compared() },
      [`${PATH}stayed&limit=100`]: () => (isRefused ? problemBody(404, 'session_not_found') : { body: compared({ people: [person('5')] }) }),
    })
    const { wrapper, router } = await mountInPage(Compare, { at: '/compare?a=session:1a&b=channel:1' })
    await vi.waitFor(() => expect(wrapper.find('.people').exists()).toBe(true))
    await wrapper.get('[role=radiogroup] input[value=stayed]').setValue(true)
    await vi.waitFor(() => expect(wrapper.find('[role=alert]').exists()).toBe(true))
    expect(wrapper.findAll('[role=alert]')).toHaveLength(1)
    expect(wrapper.find('.people').exists()).toBe(false)
    expect(plain(wrapper.get('figure').text())).toContain('3 des 9 comptes sont des deux côtés')
    isRefused = false
    await wrapper.get('[role=radiogroup] input[value=arrived]').setValue(true)
    await vi.waitFor(() => expect(wrapper.findAll('tbody a').map((one) => one.text())).toEqual(['P8', 'P9']))
    await wrapper.get('[role=radiogroup] input[value=stayed]').setValue(true)
    await vi.waitFor(() => expect(wrapper.findAll('tbody a').map((one) => one.text())).toEqual(['P5']))
    // Of another pair nothing of this stays.
    await router.replace('/compare?a=session:1a&b=channel:2&list=stayed')
    await vi.waitFor(() => expect(wrapper.find('[role=alert]').exists()).toBe(true), 5_000)
    expect(wrapper.find('figure').exists()).toBe(false)
  })

  it('says above all of it when it could not be asked about anew', async () => {
    let isRefused = false
    answer({ ...routes, [`${PATH}arrived&limit=100`]: () => (isRefused ? problemBody(404, 'session_not_found') : { body: compared() }) })
    const { wrapper, queries } = await mountInPage(Compare, { at: '/compare?a=session:1a&b=channel:1' })
    await vi.waitFor(() => expect(wrapper.find('.people').exists()).toBe(true))
    isRefused = true
    await queries.invalidateQueries()
    await vi.waitFor(() => expect(wrapper.findAll('.stale')).toHaveLength(1))
    expect(wrapper.find('.stale ~ * figure').exists()).toBe(true)
  })

  it('shows no former numbers under new names', async () => {
    const swapped = 'GET /api/v1/captures/compare?a=channel%3A1&b=session%3A1a&list=arrived&limit=100'
    const back = compared({ a: side('channel:1', 7), b: side('session:s', 5), arrived: 2, left: 4 })
    answer({ ...routes, [`${PATH}arrived&limit=100`]: { body: compared() }, [swapped]: { body: back } })
    const { wrapper, router } = await mountInPage(Compare, { at: '/compare?a=session:1a&b=channel:1' })
    await vi.waitFor(() => expect(wrapper.find('.people').exists()).toBe(true))
    await router.replace('/compare?a=channel:1&b=session:1a')
    await nextTick()
    expect(wrapper.find('.name').exists()).toBe(false)
    await vi.waitFor(() => expect(wrapper.findAll('.name b').map((one) => one.text())).toEqual(['Lumi', 'Hier']))
    expect(plain(wrapper.get('.name .small').text())).toMatch(/^7 comptes/)
  })

  it('swaps the sides', async () => {
    answer(routes)
    const { wrapper, router } = await mountInPage(Compare, { at: '/compare?a=session:1a&b=channel:1&list=left' })
    await wrapper.get('.swap').trigger('click')
    await vi.waitFor(() => expect(router.currentRoute.value.query).toEqual({ a: 'channel:1', b: 'session:1a', list: 'left' }))
  })
})
