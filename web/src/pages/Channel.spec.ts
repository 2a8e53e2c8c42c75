import { beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'

import ToastList from '@/components/ToastList.vue'
import { answer, problemBody } from '@/testing/answers'
import { mountInPage } from '@/testing/mount'
import { plain } from '@/testing/samples'

import Channel from './Channel.vue'

const time = (minute: number) => new Date(Date.UTC(2026, 10, 23, 18, minute)).toISOString()
const channel = {
  id: '1',
  login: 'lumi',
  display_name: 'Lumi',
  profile_image_url: null,
  role: 'moderator',
  live: { started_at: time(0), viewer_count: 214, title: 'x' },
  last_capture: { id: '3', captured_at: time(10), chatters_count: 60 },
  schedule: null,
  recent: [],
}
const stream = (id: string, change: object = {}) => ({ id, title: '', started_at: time(0), ended_at: null, captures: 2, chatters_peak: 60, ...change })
const coverage = { captures: 2, gaps: 0, first_captured_at: time(5), last_captured_at: time(10) }
const point = (minute: number) => ({
  capture_id: String(minute), channel_id: '1', stream_id: '9', captured_at: time(minute), chatters: 60, uncertain: 0, viewers: 80, new: 2, returning: 58, arrived: 4, left: 3, gap_before: false,
})
const person = (login: string, created: string) => ({
  twitch_id: login, login, display_name: login, created_at: `${created}T10:00:00Z`, captures: 1, first_seen_at: time(5), last_seen_at: time(10), broadcasts: 1, regular: false,
})
const bars = [
  { start: '2012-01-15T00:00:00Z', accounts: 1, usual: 1 },
  { start: '2025-05-12T00:00:00Z', accounts: 30, usual: 1 },
]
const people = [person('ada', '2012-01-15'), person('bob', '2025-05-12'), person('eve', '2025-05-12')]
const about = (id: string, kind = 'streams') => {
  const at = `GET /api/v1/${kind}/${id}`
  return {
    [`${at}/evolution?points=1500`]: { body: { coverage, points: [point(5), point(10)], markers: [] } },
    [`${at}/creations?unit=day`]: { body: { coverage, unit: 'day', accounts: 31, enriched: 31, baseline: { broadcasts: 3, captures: 40 }, bars } },
    [`${at}/newcomers?limit=1000`]: {
      body: { coverage, newcomers: 1, by_raid: 0, by_wave: 1, came_back: 0, people: [{ ...person('eve', '2025-05-12'), channel_id: '1', capture_id: '3', age_days: 9, origin: 'wave', raid_id: null, came_back: false }], next_cursor: null },
    },
    [`${at}/raids`]: { body: { coverage, raids: [] } },
    [`${at}/accounts?limit=10000`]: { body: { coverage, accounts: 3, people, next_cursor: null } },
  }
}
const routes = {
  'GET /api/v1/channels': { body: { channels: [channel], stale: false } },
  'GET /api/v1/channels/1/streams': { body: { streams: [stream('9'), stream('8', { ended_at: time(0) })], next_cursor: null } },
  'GET /api/v1/channels/1/verdicts?limit=10000': { body: { verdicts: [{ twitch_id: 'ada', verdict: 'people', marked_at: time(0), marked_by: '1' }], next_cursor: null } },
  ...about('9'),
}

// A canvas is nothing that happy-dom can draw on.
vi.mock('@/charts/EChart.vue', () => ({ __esModule: true, default: { render: () => null } }))
beforeEach(() => {
  Object.defineProperty(HTMLElement.prototype, 'clientHeight', { configurable: true, get: () => 400 })
})

async function open(more: Parameters<typeof answer>[0] = {}, at = '/channels/lumi') {
  const asked = answer({ ...routes, ...more })
  const page = await mountInPage(Channel, { props: { login: 'lumi' }, at })
  return { ...page, asked }
}
const rows = (wrapper: Awaited<ReturnType<typeof open>>['wrapper']) => wrapper.findAll('.rows .login').map((row) => plain(row.text()))

describe('a channel’s page', () => {
  it('says in a sentence what strikes, and shows who is behind it', async () => {
    const { wrapper, router } = await open()
    await vi.waitFor(() => expect(rows(wrapper)).toEqual(['bob', 'eve', 'ada']))
    expect(plain(wrapper.get('.strip').text())).toContain('30 comptes créés le 12 mai 2025')
    await wrapper.findAll('.strip button')[0]!.trigger('click')
    await vi.waitFor(() => expect(router.currentRoute.value.query).toEqual({ from: '2025-05-12', to: '2025-05-12' }))
    await nextTick()
    expect(rows(wrapper)).toEqual(['bob', 'eve'])
    expect(wrapper.get('.cohort h2').text()).toContain('Comptes créés le')
  })

  it('opens with the pick that stands in the address, and with what was thought of them', async () => {
    const { wrapper } = await open({}, '/channels/lumi?from=2012-01-01&to=2012-12-31')
    await vi.waitFor(() => expect(rows(wrapper)).toEqual(['ada']))
    await vi.waitFor(() => expect(plain(wrapper.get('.rows .tie').text())).toBe('des gens'))
  })

  it('opens with the part of the room that stands in the address, and puts another one there', async () => {
    const { wrapper, router } = await open({}, '/channels/lumi?show=wave')
    await vi.waitFor(() => expect(rows(wrapper)).toEqual(['eve']))
    const show = (name: string) => wrapper.findAll('.shows button').find((one) => one.text().startsWith(name))!.trigger('click')
    await show('Nouveaux')
    await vi.waitFor(() => expect(router.currentRoute.value.query).toEqual({ show: 'newcomers' }))
    await show('Tous')
    await vi.waitFor(() => expect(router.currentRoute.value.query).toEqual({}))
    expect(rows(wrapper)).toHaveLength(3)
  })

  it('marks those picked, at once, and offers to undo it', async () => {
    const { wrapper, asked } = await open({ 'PUT /api/v1/channels/1/verdicts': { body: {} } })
    const { wrapper: toasts } = await mountInPage(ToastList)
    await vi.waitFor(() => expect(rows(wrapper)).toHaveLength(3))
    await wrapper.get('[role=grid]').trigger('keydown', { key: 'a', ctrlKey: true })
    const mark = wrapper.findAll('.selection button').find((one) => one.text() === 'Suspects')!
    await mark.trigger('click')
    const puts = () => asked.filter((one) => one.method === 'PUT').map((one) => one.body)
    await vi.waitFor(() => expect(puts()).toEqual([{ account_ids: ['ada', 'bob', 'eve'], verdict: 'suspicious' }]))
    await vi.waitFor(() => expect(toasts.text()).toContain('3 comptes suspects'))
    await toasts.findAll('button').find((one) => one.text() === 'Annuler')!.trigger('click')
    await vi.waitFor(() =>
      expect(puts().slice(1)).toEqual([
        { account_ids: ['ada'], verdict: 'people' },
        { account_ids: ['bob', 'eve'], verdict: null },
      ]),
    )
  })

  it('acts on nobody whom the filter hides', async () => {
    const { wrapper, asked } = await open({ 'PUT /api/v1/channels/1/verdicts': { body: {} } })
    await vi.waitFor(() => expect(rows(wrapper)).toHaveLength(3))
    await wrapper.get('[role=grid]').trigger('keydown', { key: 'a', ctrlKey: true })
    await wrapper.get('input[type=search]').setValue('bo')
    expect(plain(wrapper.get('.selection').text())).toContain('1 choisi')
    await wrapper.findAll('.selection button').find((one) => one.text() === 'Suspects')!.trigger('click')
    const puts = () => asked.filter((one) => one.method === 'PUT').map((one) => one.body)
    await vi.waitFor(() => expect(puts()).toEqual([{ account_ids: ['bob'], verdict: 'suspicious' }]))
    await wrapper.get('input[type=search]').setValue('nobody')
    expect(wrapper.find('.selection').exists()).toBe(false)
  })

  it('keeps those picked when a capture comes, and drops them with the part of the room they were picked in', async () => {
    const streams = [stream('9')]
    const { wrapper, queries } = await open({ 'GET /api/v1/channels/1/streams': { body: { streams, next_cursor: null } } })
    await vi.waitFor(() => expect(rows(wrapper)).toHaveLength(3))
    await wrapper.get('[role=grid]').trigger('keydown', { key: 'a', ctrlKey: true })
    streams[0] = stream('9', { captures: 3 })
    await queries.invalidateQueries()
    await vi.waitFor(() => expect(wrapper.text()).toContain('3 captures'))
    expect(plain(wrapper.get('.selection').text())).toContain('3 choisis')
    await wrapper.findAll('.shows button').find((one) => one.text().startsWith('Nouveaux'))!.trigger('click')
    await vi.waitFor(() => expect(wrapper.find('.selection').exists()).toBe(false))
  })

  it('has those picked again when one comes back from an account’s page, and how they were found', async () => {
    const { wrapper, router } = await open()
    await vi.waitFor(() => expect(rows(wrapper)).toHaveLength(3))
    await wrapper.get('.top .login button').trigger('click')
    await wrapper.get('input[type=search]').setValue('b')
    await wrapper.get('[role=grid]').trigger('keydown', { key: ' ' })
    await wrapper.get('[role=grid]').trigger('keydown', { key: 'Enter' })
    await vi.waitFor(() => expect(router.currentRoute.value.path).toBe('/accounts/bob'))
    wrapper.unmount()
    const { wrapper: back } = await open()
    await vi.waitFor(() => expect(rows(back)).toEqual(['bob']))
    expect(plain(back.get('.selection').text())).toContain('1 choisi')
    expect(back.get('.top .login').attributes('aria-sort')).toBe('ascending')
  })

  it('asks for those of a large room once the hand rests on dates, not at each bar that it passes', async () => {
    const large = { coverage, unit: 'day', accounts: 50_000, enriched: 50_000, baseline: { broadcasts: 3, captures: 40 }, bars }
    const february = '/api/v1/streams/9/accounts?limit=10000&created_from=2012-02-01T00%3A00%3A00.000Z&created_to=2012-03-01T00%3A00%3A00.000Z'
    const { wrapper, asked } = await open({
      'GET /api/v1/streams/9/creations?unit=day': { body: large },
      [`GET ${february}`]: { body: { coverage, accounts: 0, people: [], next_cursor: null } },
    })
    await vi.waitFor(() => expect(plain(wrapper.text())).toContain('50 000 comptes'))
    await vi.waitFor(() => expect(wrapper.find('[role=listbox]').exists()).toBe(true))
    for (const key of ['Home', 'ArrowRight']) await wrapper.get('[role=listbox]').trigger('keydown', { key })
    await vi.waitFor(() => expect(wrapper.find('[role=grid]').exists()).toBe(true))
    expect(asked.map(({ path }) => path).filter((path) => path.includes('/accounts'))).toEqual([february])
  })

  it('stays with the broadcast in which people are picked when a newer one comes, says so, and leads to it', async () => {
    const streams = [stream('9')]
    const { wrapper, queries, router } = await open({ 'GET /api/v1/channels/1/streams': () => ({ body: { streams: [...streams], next_cursor: null } }), ...about('10') })
    await vi.waitFor(() => expect(rows(wrapper)).toHaveLength(3))
    await wrapper.get('[role=grid]').trigger('keydown', { key: 'a', ctrlKey: true })
    streams.unshift(stream('10'))
    await queries.invalidateQueries()
    await vi.waitFor(() => expect(wrapper.get('.note').text()).toContain('ce qui suit est d’un direct précédent'))
    expect(plain(wrapper.get('.selection').text())).toContain('3 choisis')
    expect(router.currentRoute.value.query).toEqual({ stream: '9' })
    await wrapper.get('.note a').trigger('click')
    await vi.waitFor(() => expect(wrapper.get<HTMLSelectElement>('.picker select').element.value).toBe('10'))
    expect(wrapper.find('.note').exists()).toBe(false)
  })

  it('tells nothing of one broadcast under another’s name while its answers are on their way', async () => {
    const calm = { body: { coverage, unit: 'day', accounts: 3, enriched: 3, baseline: { broadcasts: 3, captures: 40 }, bars: [bars[0]] } }
    const minutes = [5, 10, 15, 20, 25]
    const course = { body: { coverage: { ...coverage, captures: minutes.length }, points: minutes.map(point), markers: [] } }
    const quiet = (id: string) => ({
      ...about(id),
      [`GET /api/v1/streams/${id}/evolution?points=1500`]: course,
      [`GET /api/v1/streams/${id}/creations?unit=day`]: calm,
    })
    const raid = {
      id: '1', channel_id: '1', from_login: 'ada', raided_at: new Date().toISOString(), announced: 9, arrived: null, seen_at_source: null, stayed: null, came_back: null,
    }
    const raids = { 'GET /api/v1/streams/8/raids': { body: { coverage, raids: [raid] } } }
    const { wrapper, router } = await open({ ...quiet('9'), ...quiet('8'), ...raids }, '/channels/lumi?stream=8')
    const strip = () => plain(wrapper.get('.strip').text())
    await vi.waitFor(() => expect(strip()).toContain('Rien ne sort de l’ordinaire'))
    const ties = () => wrapper.findAll('.rows .tie').map((one) => one.text()).join('')
    await vi.waitFor(() => expect(ties()).toContain('nouveau'))
    const figure = () => plain(wrapper.get('.room .figures dl').text())
    expect(figure()).toContain('Nouveaux ce direct1')

    const ask = fetch
    let go = (): void => undefined
    const gate = new Promise<void>((resolve) => (go = resolve))
    vi.stubGlobal('fetch', async (request: Request) => {
      if (/streams\/9\/(raids|newcomers)/.test(request.url)) await gate
      return ask(request)
    })
    await router.push({ query: {} })
    await vi.waitFor(() => expect(wrapper.get('.parts').attributes('aria-busy')).toBe('false'))
    await vi.waitFor(() => expect(rows(wrapper)).toHaveLength(3))
    expect(strip()).toContain('En cours de chargement : les raids.')
    expect(ties()).not.toContain('nouveau')
    expect(figure()).toContain('Nouveaux ce direct–')
    go()
    await vi.waitFor(() => expect(strip()).toContain('Rien ne sort de l’ordinaire'))
    await vi.waitFor(() => expect(ties()).toContain('nouveau'))
  })

  it('shows an earlier broadcast when asked', async () => {
    const { wrapper, asked } = await open({ ...about('8') }, '/channels/lumi?stream=8')
    await vi.waitFor(() => expect(rows(wrapper)).toHaveLength(3))
    expect(asked.some((one) => one.path.startsWith('/api/v1/streams/9/'))).toBe(false)
    expect(wrapper.get<HTMLSelectElement>('.picker select').element.value).toBe('8')
    expect(wrapper.text()).not.toContain('hors de ce direct')
    expect(plain(wrapper.get('.note').text())).toBe('Un direct plus récent a été capturé : ce qui suit est d’un direct précédent. Voir le dernier direct')
    expect(wrapper.get('.note').classes()).not.toContain('calm')
  })

  it('says so without alarm when the later one is over, too', async () => {
    const streams = [stream('9', { ended_at: time(10) }), stream('8', { ended_at: time(0) })]
    const over = { 'GET /api/v1/channels/1/streams': { body: { streams, next_cursor: null } } }
    const { wrapper } = await open({ ...about('8'), ...over }, '/channels/lumi?stream=8')
    await vi.waitFor(() => expect(wrapper.get('.note').classes()).toContain('calm'))
  })

  it('shows all captures when asked, in words that fit them', async () => {
    const { wrapper, router } = await open(about('1', 'channels'))
    await vi.waitFor(() => expect(rows(wrapper)).toHaveLength(3))
    expect(wrapper.text()).toContain('Nouveaux ce direct')
    await wrapper.get('.picker select').setValue('all')
    await vi.waitFor(() => expect(router.currentRoute.value.query).toEqual({ stream: 'all' }))
    await vi.waitFor(() => expect(wrapper.text()).toContain('Tous les comptes des captures de cette chaîne'))
    await vi.waitFor(() => expect(wrapper.get('.figures').text()).toContain('vus pour la première fois'))
    expect(wrapper.text()).not.toMatch(/ce direct|premier direct/)
    await wrapper.get('.picker select').setValue('9')
    await vi.waitFor(() => expect(router.currentRoute.value.query).toEqual({}))
  })

  it('says that the last capture lies outside the broadcast, and leads to it', async () => {
    const late = { ...channel, last_capture: { ...channel.last_capture, captured_at: time(40) } }
    const { wrapper, router } = await open({ 'GET /api/v1/channels': { body: { channels: [late], stale: false } }, ...about('1', 'channels') })
    await vi.waitFor(() => expect(plain(wrapper.text())).toMatch(/La dernière capture, .*, a été faite hors de ce direct/))
    await wrapper.get('.note a').trigger('click')
    await vi.waitFor(() => expect(router.currentRoute.value.query).toEqual({ stream: 'all' }))
    await vi.waitFor(() => expect(wrapper.find('.note').exists()).toBe(false))
  })

  it('does not say so of a capture that the broadcast holds', async () => {
    const { wrapper } = await open()
    await vi.waitFor(() => expect(rows(wrapper)).toHaveLength(3))
    expect(wrapper.find('.note').exists()).toBe(false)
  })

  it('says that the broadcast in the address is not known, rather than showing another without a word', async () => {
    const { wrapper } = await open({}, '/channels/lumi?stream=77')
    await vi.waitFor(() => expect(rows(wrapper)).toHaveLength(3))
    expect(wrapper.get('.note').text()).toContain('Le direct de l’adresse n’est pas parmi les derniers')
  })

  it('says so when the broadcast under way has not been captured', async () => {
    const streams = { streams: [stream('7', { captures: 0 }), stream('8', { ended_at: time(0) })], next_cursor: null }
    const { wrapper } = await open({ 'GET /api/v1/channels/1/streams': { body: streams }, ...about('8') })
    await vi.waitFor(() => expect(wrapper.text()).toContain('n’a pas encore été capturé'))
  })

  it('has words for a channel that was never captured', async () => {
    const { wrapper } = await open({
      'GET /api/v1/channels': { body: { channels: [{ ...channel, last_capture: null }], stale: false } },
      'GET /api/v1/channels/1/streams': { body: { streams: [], next_cursor: null } },
    })
    await vi.waitFor(() => expect(wrapper.text()).toContain('Aucune capture de cette chaîne'))
  })

  it('calls nobody new in the first broadcast that was captured', async () => {
    const first = { coverage, unit: 'day', accounts: 31, enriched: 31, baseline: null, bars }
    const { wrapper } = await open({ 'GET /api/v1/streams/9/creations?unit=day': { body: first } })
    await vi.waitFor(() => expect(rows(wrapper)).toHaveLength(3))
    expect(wrapper.text()).toContain('c’est le premier direct capturé')
    expect(wrapper.findAll('.rows .tie').map((one) => one.text()).join('')).not.toContain('nouveau')
  })

  it('does not say that nobody is new where nobody can tell', async () => {
    const first = { coverage, unit: 'day', accounts: 31, enriched: 31, baseline: null, bars }
    const { wrapper, router } = await open({ 'GET /api/v1/streams/9/creations?unit=day': { body: first } }, '/channels/lumi?show=newcomers')
    await vi.waitFor(() => expect(wrapper.find('.cohort').exists()).toBe(true))
    await vi.waitFor(() => expect(wrapper.text()).toContain('c’est le premier direct capturé'))
    const said = () => plain(wrapper.get('.cohort').text())
    const pressed = () => plain(wrapper.get('.shows [aria-pressed=true]').text())
    expect(said()).toContain('Qui est nouveau n’est pas connu, ou pas encore.')
    expect(said()).not.toContain('Personne ici.')
    expect(pressed()).toBe('Nouveaux –')
    // Of marks, one can tell.
    await router.replace({ query: { show: 'suspicious' } })
    await vi.waitFor(() => expect(pressed()).toBe('Suspects 0'))
    expect(said()).toContain('Personne ici.')
  })

  it.each(['raid', 'wave'])('does not say so either of those who came by %s, when the question fails', async (show) => {
    const { wrapper } = await open({ 'GET /api/v1/streams/9/newcomers?limit=1000': problemBody(422, 'nonsense') }, `/channels/lumi?show=${show}`)
    await vi.waitFor(() => expect(wrapper.find('.cohort').exists()).toBe(true))
    await vi.waitFor(() => expect(wrapper.find('[role=alert]').exists()).toBe(true))
    expect(plain(wrapper.get('.cohort').text())).toContain('Qui est nouveau n’est pas connu')
    expect(wrapper.get('.cohort').text()).not.toContain('Personne ici.')
  })

  it('does not say that nobody is suspicious where the marks are not known', async () => {
    const { wrapper } = await open({ 'GET /api/v1/channels/1/verdicts?limit=10000': problemBody(422, 'nonsense') }, '/channels/lumi?show=suspicious')
    await vi.waitFor(() => expect(wrapper.text()).toContain('Les avis ne sont pas connus, ou pas encore.'))
    expect(plain(wrapper.get('.shows [aria-pressed=true]').text())).toBe('Suspects –')
    expect(wrapper.text()).not.toContain('Personne ici.')
  })

  it('keeps the other parts when one fails', async () => {
    const { wrapper } = await open({ 'GET /api/v1/streams/9/creations?unit=day': problemBody(422, 'too_many_bars') })
    await vi.waitFor(() => expect(plain(wrapper.get('.strip').text())).toContain('Impossible de charger : les dates de création.'))
    await vi.waitFor(() => expect(wrapper.find('[role=alert]').exists()).toBe(true))
    expect(wrapper.find('.figures').exists()).toBe(true)
  })

  it('tells the peak when the course of the room fails', async () => {
    const { wrapper } = await open({ 'GET /api/v1/streams/9/evolution?points=1500': problemBody(422, 'too_many_captures') })
    await vi.waitFor(() => expect(plain(wrapper.get('.strip').text())).toContain('30 comptes créés le 12 mai 2025'))
    await vi.waitFor(() => expect(plain(wrapper.get('.strip').text())).toContain('Impossible de charger : les arrivées.'))
    expect(plain(wrapper.get('.strip').text())).toContain('2 captures')
  })

  it('does not reassure when the raids are not known, and asks for them again', async () => {
    const calm = { body: { coverage, unit: 'day', accounts: 3, enriched: 3, baseline: { broadcasts: 3, captures: 40 }, bars: [bars[0]] } }
    let fails = true
    const minutes = [5, 10, 15, 20, 25]
    const { wrapper } = await open({
      'GET /api/v1/streams/9/evolution?points=1500': { body: { coverage: { ...coverage, captures: minutes.length }, points: minutes.map(point), markers: [] } },
      'GET /api/v1/streams/9/creations?unit=day': calm,
      'GET /api/v1/streams/9/raids': () => (fails ? problemBody(422, 'nonsense') : { body: { coverage, raids: [] } }),
    })
    const strip = () => plain(wrapper.get('.strip').text())
    await vi.waitFor(() => expect(strip()).toContain('Impossible de dire'))
    expect(strip()).toContain('Impossible de charger : les raids.')
    fails = false
    await wrapper.findAll('.strip button').find((one) => one.text() === 'Réessayer')!.trigger('click')
    await vi.waitFor(() => expect(strip()).toContain('Rien ne sort de l’ordinaire'))
  })

  it('does not say whether somebody else’s channel exists', async () => {
    const { wrapper } = await open({ 'GET /api/v1/channels': { body: { channels: [], stale: false } } })
    await vi.waitFor(() => expect(wrapper.get('h1').text()).toContain('n’est pas parmi les vôtres'))
  })
})
