import { describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'

import { answer, problemBody } from '@/testing/answers'
import { mountInPage } from '@/testing/mount'
import { plain } from '@/testing/samples'

import Session from './Session.vue'
// The page asks for its code when it is near.
import '@/components/session/CreationPart.vue'

const at = '2026-11-23T10:00:00Z'
const names = ['1', '2'].map((id) => ({ id, login: `c${id}`, display_name: `C${id}` }))
const session = { uuid: 's', status: 'active', name: '', created_at: at, updated_at: at, captures: 2, channels: names }
const summary = (change: object = {}) => ({
  session: 's',
  coverage: { captures: 2, first_captured_at: at, last_captured_at: at },
  distinct_accounts: 10,
  enriched_accounts: 8,
  channels: names.map((name) => ({ ...name, captures: 1, distinct_accounts: 6, last_captured_at: at })),
  top_creation_days: [{ day: '2025-05-12', accounts: 2, logins: ['ada', 'bob'] }],
  ...change,
})
const routes = {
  'GET /api/v1/sessions/s': { body: session },
  'GET /api/v1/sessions/s/summary': { body: summary() },
  'GET /api/v1/sessions/s/summary?channel=2': { body: summary({ distinct_accounts: 6, enriched_accounts: 6 }) },
}
const open = (at = '/sessions/s') => mountInPage(Session, { props: { uuid: 's' }, at })

describe('Session', () => {
  it('says of what and when its numbers are, and that they are partial', async () => {
    answer(routes)
    const { wrapper } = await open()
    await vi.waitFor(() => expect(plain(wrapper.text())).toContain('10 comptes distincts dans 2 captures'))
    expect(plain(wrapper.text())).toContain('80 %')
    expect(plain(wrapper.text())).toContain('la date de création de 2 comptes est encore demandée')
  })

  it('filters by channel through the address', async () => {
    const asked = answer(routes)
    const { wrapper, router } = await open()
    await vi.waitFor(() => expect(wrapper.findAll('[role=group] button')).toHaveLength(3))
    await wrapper.findAll('[role=group] button')[2]!.trigger('click')
    await vi.waitFor(() => expect(router.currentRoute.value.query).toEqual({ channel: ['2'] }))
    await vi.waitFor(() => expect(plain(wrapper.text())).toContain('6 comptes distincts'))
    expect(asked.at(-1)?.path).toBe('/api/v1/sessions/s/summary?channel=2')
  })

  it('leads out of a choice of channels to which there is no answer', async () => {
    const none = 'GET /api/v1/sessions/s/summary?channel=9'
    answer({ ...routes, [none]: problemBody(422, 'channel_not_in_session') })
    const { wrapper, router } = await open('/sessions/s?channel=9')
    await vi.waitFor(() => expect(wrapper.find('[role=alert]').exists()).toBe(true))
    await wrapper.get('[role=group] button').trigger('click')
    await vi.waitFor(() => expect(router.currentRoute.value.query).toEqual({}))
    await vi.waitFor(() => expect(plain(wrapper.text())).toContain('10 comptes distincts'))
  })

  it('leads out of it even when the session itself could not be read', async () => {
    const refused = problemBody(403, 'channel_forbidden')
    answer({ ...routes, 'GET /api/v1/sessions/s': refused, 'GET /api/v1/sessions/s/summary?channel=2': refused })
    const { wrapper, router } = await open('/sessions/s?channel=2')
    await vi.waitFor(() => expect(wrapper.find('[role=alert]').exists()).toBe(true))
    await wrapper.get('[role=group] button').trigger('click')
    await vi.waitFor(() => expect(router.currentRoute.value.query).toEqual({}))
  })

  it('keeps the filter, and the focus on it, when “all” undoes a choice of which there is no more than one', async () => {
    const one = { ...session, channels: names.slice(0, 1) }
    const none = 'GET /api/v1/sessions/s/summary?channel=9'
    const whole = 'GET /api/v1/sessions/s/summary'
    const sum = summary()
    answer({
      'GET /api/v1/sessions/s': { body: one },
      [whole]: { body: { ...sum, channels: sum.channels.slice(0, 1) } },
      [none]: problemBody(422, 'channel_not_in_session'),
    })
    const { wrapper } = await open('/sessions/s?channel=9')
    await vi.waitFor(() => expect(wrapper.find('[role=alert]').exists()).toBe(true))
    const all = wrapper.get<HTMLElement>('[role=group] button')
    all.element.focus()
    await all.trigger('click')
    await vi.waitFor(() => expect(plain(wrapper.text())).toContain('10 comptes distincts'))
    expect(document.activeElement).toBe(all.element)
    expect(all.attributes('aria-pressed')).toBe('true')
  })

  it('says of the former numbers in its head that they are former while a filter is on its way', async () => {
    answer(routes)
    const { wrapper, router } = await open()
    const head = () => wrapper.get('.lead [aria-busy]')
    await vi.waitFor(() => expect(plain(head().text())).toContain('10 comptes distincts'))
    expect(head().attributes('aria-busy')).toBe('false')
    await router.push('/sessions/s?channel=2')
    await nextTick()
    expect(plain(head().text())).toContain('10 comptes distincts')
    expect([head().attributes('aria-busy'), head().classes('former')]).toEqual(['true', true])
    await vi.waitFor(() => expect(plain(head().text())).toContain('6 comptes distincts'))
    expect(head().attributes('aria-busy')).toBe('false')
  })

  it('keeps what else one chose with the filter, but for days that were picked among others', async () => {
    answer(routes)
    const { wrapper, router } = await open('/sessions/s?list=missing&from=2025-05-12&to=2025-05-12')
    await vi.waitFor(() => expect(wrapper.findAll('[role=group] button')).toHaveLength(3))
    await wrapper.findAll('[role=group] button')[2]!.trigger('click')
    await vi.waitFor(() => expect(router.currentRoute.value.query).toEqual({ channel: ['2'], list: 'missing' }))
  })

  describe('accounts by their creation', () => {
    const coverage = { captures: 2, gaps: 0, first_captured_at: at, last_captured_at: at }
    const person = (login: string) => ({
      twitch_id: login, login, display_name: login, created_at: '2025-05-12T10:00:00Z', captures: 1, first_seen_at: at, last_seen_at: at, broadcasts: 1, regular: false,
    })
    /** As if only this part were in sight. */
    class Sight {
      constructor(private readonly seen: (entries: { isIntersecting: boolean }[]) => void) {}
      observe({ id }: Element): void {
        if (id === 'creation') this.seen([{ isIntersecting: true }])
      }
      disconnect = (): void => undefined
    }
    async function pick(accounts = 2, more: Parameters<typeof answer>[0] = {}) {
      vi.stubGlobal('IntersectionObserver', Sight)
      Object.defineProperty(HTMLElement.prototype, 'clientHeight', { configurable: true, get: () => 400 })
      answer({
        ...routes,
        'GET /api/v1/sessions/s/creations?unit=day': {
          body: { coverage, unit: 'day', accounts: 2, enriched: 2, baseline: null, bars: [{ start: '2025-05-12T00:00:00Z', accounts: 2, usual: null }] },
        },
        'GET /api/v1/sessions/s/accounts?limit=10000&created_from=2025-05-12T00%3A00%3A00.000Z&created_to=2025-05-13T00%3A00%3A00.000Z': {
          body: { coverage, accounts, people: [person('ada'), person('bob')], next_cursor: null },
        },
        ...more,
      })
      const page = await open()
      await vi.waitFor(() => expect(page.wrapper.find('[role=listbox]').exists()).toBe(true))
      await page.wrapper.get('[role=listbox]').trigger('keydown', { key: 'Home' })
      await vi.waitFor(() => expect(page.wrapper.findAll('.rows .login')).toHaveLength(2))
      return page
    }

    it('leads to an account’s page by its name', async () => {
      const { wrapper, router } = await pick()
      await wrapper.get('.rows .login a').trigger('click')
      await vi.waitFor(() => expect(router.currentRoute.value.path).toBe('/accounts/ada'))
    })

    it('leads there by Enter, too', async () => {
      const { wrapper, router } = await pick()
      await wrapper.get('[role=grid]').trigger('keydown', { key: 'End' })
      await wrapper.get('[role=grid]').trigger('keydown', { key: 'Enter' })
      await vi.waitFor(() => expect(router.currentRoute.value.path).toBe('/accounts/bob'))
    })

    it('acts on those picked and in sight, without marks, which are a channel’s', async () => {
      const { wrapper } = await pick()
      const writeText = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue()
      await wrapper.get('[role=grid]').trigger('keydown', { key: 'a', ctrlKey: true })
      const press = (name: string) => wrapper.findAll('.selection .spare button').find((one) => one.text() === name)!.trigger('click')
      await press('Copier les noms')
      expect(writeText).toHaveBeenLastCalledWith('ada\nbob')
      await wrapper.get('input[type=search]').setValue('bo')
      await press('Copier les /ban')
      expect(writeText).toHaveBeenLastCalledWith('/ban bob')
      expect(wrapper.get('.selection').text()).not.toContain('Suspects')
    })

    it('keeps the days in the address, and the pick while they stay the same', async () => {
      const { wrapper, router } = await pick()
      expect(router.currentRoute.value.query).toEqual({ from: '2025-05-12', to: '2025-05-12' })
      await wrapper.get('[role=grid]').trigger('keydown', { key: 'a', ctrlKey: true })
      await router.replace({ query: { ...router.currentRoute.value.query, list: 'missing' } })
      expect(plain(wrapper.get('.selection').text())).toContain('2 choisis')
    })

    it('says that nobody is there only when that is known', async () => {
      const { wrapper, router } = await pick()
      const later = 'GET /api/v1/sessions/s/accounts?limit=10000&created_from=2025-05-11T00%3A00%3A00.000Z&created_to=2025-05-12T00%3A00%3A00.000Z'
      answer({ ...routes, [later]: { body: { coverage, accounts: 0, people: [], next_cursor: null } } })
      await router.replace({ query: { from: '2025-05-11', to: '2025-05-11' } })
      expect(wrapper.text()).not.toContain('Personne ici')
      await vi.waitFor(() => expect(wrapper.text()).toContain('Personne ici'))
    })

    it('gives the focus back to the list when nobody is picked any more', async () => {
      const { wrapper } = await pick()
      await wrapper.get('[role=grid]').trigger('keydown', { key: 'a', ctrlKey: true })
      const drop = wrapper.findAll<HTMLElement>('.selection .spare button').at(-1)!
      drop.element.focus()
      await drop.trigger('click')
      expect(document.activeElement).toBe(wrapper.get('[role=grid]').element)
    })

    it('says that more are on their way', async () => {
      const first = 'GET /api/v1/sessions/s/accounts?limit=10000&created_from=2025-05-12T00%3A00%3A00.000Z&created_to=2025-05-13T00%3A00%3A00.000Z'
      const { wrapper } = await pick(3, { [first]: { body: { coverage, accounts: 3, people: [person('ada'), person('bob')], next_cursor: 'x' } } })
      expect(plain(wrapper.text())).toContain('2 comptes sur 3, la suite arrive')
    })

    it('says so when they are not all there', async () => {
      const { wrapper } = await pick(50_000)
      await vi.waitFor(() => expect(plain(wrapper.text())).toContain('Les 2 premiers comptes sur 50 000'))
    })
  })

  it('says that there is no such session', async () => {
    const gone = problemBody(404, 'session_not_found')
    answer({ 'GET /api/v1/sessions/s': gone, 'GET /api/v1/sessions/s/summary': gone })
    const { wrapper } = await open()
    await vi.waitFor(() => expect(wrapper.text()).toContain('n’existe pas, ou n’est pas la vôtre'))
  })

  it('says that only its name and actions are missing, and tries again', async () => {
    let own: { status?: number; body: unknown } = problemBody(403, 'channel_forbidden')
    answer({ ...routes, 'GET /api/v1/sessions/s': () => own })
    const { wrapper } = await open()
    await vi.waitFor(() => expect(plain(wrapper.text())).toContain('10 comptes distincts dans 2 captures'))
    await vi.waitFor(() => expect(wrapper.get('.unread').text()).toContain('Le nom de cette session n’a pas pu être lu'))
    own = routes['GET /api/v1/sessions/s']
    await wrapper.get('.unread button').trigger('click')
    await vi.waitFor(() => expect(plain(wrapper.get('h1').text())).toBe('Session du 23 novembre 2026'))
    expect(wrapper.find('.unread').exists()).toBe(false)
  })

  it('asks for no other sessions, and keeps the focus by the button that was pressed when that goes', async () => {
    let own: object = session
    const saved = { ...session, status: 'saved', name: 'Nuit' }
    const asked = answer({
      ...routes,
      'GET /api/v1/sessions': { body: { sessions: [] } },
      'GET /api/v1/sessions/s': () => ({ body: own }),
      'POST /api/v1/sessions/s/save': () => ({ body: (own = saved) }),
    })
    const { wrapper } = await open()
    const save = () => wrapper.find<HTMLElement>('[aria-label^="Enregistrer «"]')
    await vi.waitFor(() => expect(save().exists()).toBe(true))
    expect(asked.map((one) => one.path)).not.toContain('/api/v1/sessions')
    save().element.focus()
    await save().trigger('click')
    await wrapper.get('dialog form').trigger('submit')
    await vi.waitFor(() => expect(save().exists()).toBe(false))
    expect(document.activeElement).toBe(wrapper.get('[data-session] [aria-haspopup]').element)
  })

  it('has words for a session without captures', async () => {
    const empty = { coverage: { captures: 0 }, distinct_accounts: 0, enriched_accounts: 0, channels: [], top_creation_days: [] }
    answer({ ...routes, 'GET /api/v1/sessions/s/summary': { body: summary(empty) } })
    const { wrapper } = await open()
    await vi.waitFor(() => expect(wrapper.text()).toContain('Aucune capture dans cette session'))
  })
})
