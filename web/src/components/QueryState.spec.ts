import { describe, expect, it } from 'vitest'

import { ApiProblem } from '@/api/problem'
import { mountInPage } from '@/testing/mount'

import QueryState from './QueryState.vue'

const show = async (props: { pending?: boolean; error?: unknown; hasData?: boolean }) => {
  const given = { pending: false, error: null, hasData: false, ...props }
  const { wrapper } = await mountInPage(QueryState, { props: given, slots: { default: 'the answer', loading: 'bones' } })
  return wrapper
}

describe('QueryState', () => {
  it('says that it is loading, also to those who do not see it', async () => {
    const wrapper = await show({ pending: true })
    expect(wrapper.get('[role=status]').text()).toContain('Chargement')
    expect(wrapper.get('[aria-hidden=true]').text()).toBe('bones')
  })

  it('names the problem, its reference, and offers to try again', async () => {
    const wrapper = await show({ error: new ApiProblem(503, 'twitch_unavailable', '', 'req-9') })
    expect(wrapper.get('[role=alert]').text()).toContain('Twitch ne répond pas')
    expect(wrapper.text()).toContain('req-9')
    await wrapper.get('button').trigger('click')
    expect(wrapper.emitted('retry')).toHaveLength(1)
  })

  it('does not offer again what stays missing', async () => {
    const wrapper = await show({ error: new ApiProblem(404, 'session_not_found', '') })
    expect(wrapper.find('button').exists()).toBe(false)
  })

  it('offers to allow it again when Twitch withdrew it', async () => {
    const wrapper = await show({ error: new ApiProblem(409, 'token_lost', '') })
    expect(wrapper.get('button').text()).toBe('Autoriser à nouveau')
  })

  it('keeps an old answer in sight, and says that it is old', async () => {
    const wrapper = await show({ hasData: true, error: new ApiProblem(0, 'network', '') })
    expect(wrapper.text()).toContain('the answer')
    expect(wrapper.get('[role=status]').text()).toContain('n’ont pas pu être actualisés')
  })
})
