import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { answer, problemBody } from '@/testing/answers'
import { mountInPage } from '@/testing/mount'
import { plain } from '@/testing/samples'
import ToastList from '@/components/ToastList.vue'

import Sessions from './Sessions.vue'

const AT = '2026-11-23T10:00:00Z'
const wire = (uuid: string, change: object = {}) => ({
  uuid,
  status: 'saved',
  name: `S${uuid}`,
  created_at: AT,
  updated_at: AT,
  expires_at: null,
  captures: 12,
  channels: [{ id: '1', login: 'lumi', display_name: 'Lumi' }],
  ...change,
})
const active = wire('a', { status: 'active', name: '', expires_at: '2026-11-30T10:00:00Z' })

async function open(sessions: unknown[], more: Parameters<typeof answer>[0] = {}) {
  const asked = answer({ 'GET /api/v1/sessions': { body: { sessions } }, ...more })
  const page = await mountInPage(Sessions)
  await vi.waitFor(() => expect(page.wrapper.find('h3, .state').exists()).toBe(true))
  return { ...page, asked }
}
/** What is said outside of the page's own element: menus and dialogs. */
const dialog = () => document.querySelector<HTMLElement>('.dialog')!
async function press(name: string, within: ParentNode = document): Promise<void> {
  const find = () =>
    [...within.querySelectorAll<HTMLElement>('button')].find(
      (one) => plain(one.getAttribute('aria-label') ?? one.textContent) === name,
    )
  await vi.waitFor(() => expect(find(), name).toBeDefined())
  // Vue takes a click in the millisecond in which a listener was added for one from before it.
  const found = Date.now()
  await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(found), { interval: 1 })
  find()!.click()
}

/** What the page is in: where the focus goes that has nowhere else to go. */
const main = Object.assign(document.createElement('main'), { id: 'main', tabIndex: -1 })
beforeEach(() => {
  document.body.append(main)
})
afterEach(() => main.remove())

describe('Sessions', () => {
  it('lists what goes on, what is kept, what is over', async () => {
    const { wrapper } = await open([wire('b'), wire('c', { status: 'expired' }), active])
    expect(wrapper.findAll('h2').map((one) => plain(one.text()))).toEqual(['En cours', 'Enregistrées 1', 'Expirées'])
    expect(plain(wrapper.text())).toContain('disparaît le 30 novembre 2026')
  })

  it('says what will be lost, deletes, and offers to undo', async () => {
    const list = [wire('b', { captures: 11 })]
    const { wrapper, asked, queries } = await open(list, {
      'DELETE /api/v1/sessions/b': { status: 200, body: {} },
      'POST /api/v1/sessions/b/restore': { body: {} },
    })
    await press('Autres actions sur « Sb »')
    await press('Supprimer')
    await vi.waitFor(() => expect(plain(dialog().textContent)).toContain('11 captures (Lumi)'))
    list[0] = wire('b')
    await queries.invalidateQueries()
    await vi.waitFor(() => expect(plain(dialog().textContent)).toContain('12 captures (Lumi)'))
    await press('Supprimer', dialog())
    await vi.waitFor(() => expect(wrapper.find('.deleted').exists()).toBe(true))
    await wrapper.get('.deleted button').trigger('click')
    await vi.waitFor(() => expect(asked.some((one) => one.path.endsWith('/restore'))).toBe(true))
    await vi.waitFor(() => expect(wrapper.find('.deleted').exists()).toBe(false))
  })

  it('asks which one should go when as many are kept as may be', async () => {
    const full = problemBody(409, 'too_many_saved_sessions')
    let refused = false
    const { asked, wrapper } = await open([active, wire('old', { updated_at: '2026-11-01T10:00:00Z' }), wire('new')], {
      'POST /api/v1/sessions/a/save': () => {
        if (refused) return { body: { ...active, status: 'saved' } }
        refused = true
        return { ...full, body: { ...full.body, limit: 2, oldest: { uuid: 'old', name: 'Sold' } } }
      },
    })
    await press('Enregistrer « Session du 23 novembre 2026 »')
    await press('Enregistrer', dialog())
    await vi.waitFor(() => expect(plain(dialog().textContent)).toContain('Vous gardez déjà 2 sessions'))
    // Whoever presses Enter twice has not read it: nothing is chosen for them.
    expect(dialog().querySelector('input:checked')).toBeNull()
    // The focus goes into it, which says its legend: an alert it may not be.
    expect(dialog().querySelector('fieldset')!.hasAttribute('role')).toBe(false)
    expect(dialog().querySelector<HTMLButtonElement>('[type=submit]')!.disabled).toBe(true)
    const [oldest] = dialog().querySelectorAll<HTMLInputElement>('[type=radio]')
    await vi.waitFor(() => expect(document.activeElement).toBe(oldest))
    oldest!.click()
    await press('Remplacer « Sold »', dialog())
    await vi.waitFor(() => expect(asked.filter((one) => one.method === 'POST').at(-1)?.body).toEqual({ name: '', replace: 'old' }))
    await vi.waitFor(() => expect(plain(wrapper.get('.deleted').text())).toContain('« Sold » est supprimée'))
  })

  it('keeps a question, and what is typed, while rows come and go under it', async () => {
    const { wrapper, queries } = await open([active])
    await press('Autres actions sur « Session du 23 novembre 2026 »')
    await press('Renommer')
    await vi.waitFor(() => expect(wrapper.find('dialog input').exists()).toBe(true))
    await wrapper.get('dialog input').setValue('Soir')
    answer({ 'GET /api/v1/sessions': { body: { sessions: [{ ...active, status: 'expired' }] } } })
    await queries.invalidateQueries()
    await vi.waitFor(() => expect(wrapper.get('h2').text()).toBe('Expirées'))
    expect(wrapper.get<HTMLInputElement>('dialog input').element.value).toBe('Soir')
  })

  it('closes before it asks again, and leaves the focus with the session that was saved', async () => {
    let list: object[] = [active]
    const saved = { ...active, status: 'saved', name: 'Soir' }
    const { wrapper } = await open([], {
      'GET /api/v1/sessions': () => {
        if (list[0] === saved) expect(wrapper.find('.dialog').exists()).toBe(false)
        return { body: { sessions: list } }
      },
      'POST /api/v1/sessions/a/save': () => ({ body: (list = [saved])[0] }),
    })
    const save = wrapper.get<HTMLElement>('[aria-label^="Enregistrer «"]')
    save.element.focus()
    await save.trigger('click')
    await wrapper.get('dialog form').trigger('submit')
    await vi.waitFor(() => expect(plain(wrapper.get('h2').text())).toBe('Enregistrées 1'))
    expect(document.activeElement).toBe(wrapper.get('[data-session] [aria-haspopup]').element)
  })

  it('gives the focus to the page when a session is deleted, and when it is brought back', async () => {
    let list = [wire('d')]
    const { wrapper } = await open([], {
      'GET /api/v1/sessions': () => ({ body: { sessions: list } }),
      'DELETE /api/v1/sessions/d': () => ({ body: (list = []) }),
      'POST /api/v1/sessions/d/restore': () => ({ body: (list = [wire('d')])[0] }),
    })
    await press('Autres actions sur « Sd »')
    await press('Supprimer')
    wrapper.get<HTMLElement>('[data-session] [aria-haspopup]').element.focus()
    await press('Supprimer', dialog())
    await vi.waitFor(() => expect(wrapper.find('h3').exists()).toBe(false))
    expect(document.activeElement).toBe(main)

    const gone = () => wrapper.findAll('.deleted li').find((one) => one.text().includes('Sd'))
    const undo = gone()!.get<HTMLElement>('button')
    undo.element.focus()
    await undo.trigger('click')
    await vi.waitFor(() => expect(gone()).toBeUndefined())
    expect(document.activeElement).toBe(main)
  })

  it('gives the focus to the session’s menu when a question is dropped whose row went elsewhere meanwhile', async () => {
    const { wrapper, queries } = await open([active])
    await press('Autres actions sur « Session du 23 novembre 2026 »')
    await press('Renommer')
    await vi.waitFor(() => expect(wrapper.find('dialog input').exists()).toBe(true))
    wrapper.get<HTMLElement>('dialog input').element.focus()
    answer({ 'GET /api/v1/sessions': { body: { sessions: [{ ...active, status: 'saved' }] } } })
    await queries.invalidateQueries()
    await vi.waitFor(() => expect(plain(wrapper.get('h2').text())).toBe('Enregistrées 1'))
    await press('Annuler', dialog())
    await vi.waitFor(() => expect(wrapper.find('.dialog').exists()).toBe(false))
    await vi.waitFor(() => expect(document.activeElement).toBe(wrapper.get('[data-session] [aria-haspopup]').element))
  })

  it('tells of a refusal that comes after the question was closed', async () => {
    const full = problemBody(409, 'too_many_saved_sessions')
    const { wrapper } = await open([active, wire('b')], { 'POST /api/v1/sessions/a/save': { ...full, body: { ...full.body, limit: 1 } } })
    const { wrapper: toasts } = await mountInPage(ToastList)
    const ask = globalThis.fetch
    let letThrough = (): void => undefined
    const gate = new Promise<void>((resolve) => (letThrough = resolve))
    vi.stubGlobal('fetch', async (request: Request) => {
      if (request.method === 'POST') await gate
      return ask(request)
    })
    await press('Enregistrer « Session du 23 novembre 2026 »')
    await press('Enregistrer', dialog())
    await press('Annuler', dialog())
    await vi.waitFor(() => expect(wrapper.find('.dialog').exists()).toBe(false))
    letThrough()
    await vi.waitFor(() => expect(plain(toasts.text())).toContain('La session n’a pas été enregistrée. Vous gardez déjà'))
  })

  it('says why something was not done', async () => {
    await open([wire('b')], { 'PATCH /api/v1/sessions/b': problemBody(503, 'database_unavailable') })
    const { wrapper: toasts } = await mountInPage(ToastList)
    await press('Autres actions sur « Sb »')
    await press('Renommer')
    await press('Renommer', dialog())
    await vi.waitFor(() => expect(toasts.text()).toContain('La session n’a pas été renommée.'))
  })
})
