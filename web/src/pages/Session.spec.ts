import { describe, expect, it, vi } from 'vitest'

import { answer, problemBody } from '@/testing/answers'
import { mountInPage } from '@/testing/mount'
import { plain } from '@/testing/samples'

import Session from './Session.vue'

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

  it('says that there is no such session', async () => {
    const gone = problemBody(404, 'session_not_found')
    answer({ 'GET /api/v1/sessions/s': gone, 'GET /api/v1/sessions/s/summary': gone })
    const { wrapper } = await open()
    await vi.waitFor(() => expect(wrapper.text()).toContain('n’existe pas, ou n’est pas la vôtre'))
  })

  it('has words for a session without captures', async () => {
    const empty = { coverage: { captures: 0 }, distinct_accounts: 0, enriched_accounts: 0, channels: [], top_creation_days: [] }
    answer({ ...routes, 'GET /api/v1/sessions/s/summary': { body: summary(empty) } })
    const { wrapper } = await open()
    await vi.waitFor(() => expect(wrapper.text()).toContain('Aucune capture dans cette session'))
  })
})
