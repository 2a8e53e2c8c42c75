import { describe, expect, it } from 'vitest'

import { mountInPage } from '@/testing/mount'

import Landing from './Landing.vue'

describe('Landing', () => {
  it('leads to Twitch and back to where one wanted to go', async () => {
    const { wrapper } = await mountInPage(Landing, { at: '/?return_to=/sessions/1' })
    expect(wrapper.get('a.button').attributes('href')).toBe('/auth/login?return_to=%2Fsessions%2F1')
    expect(wrapper.get('[role=status]').text()).toContain('vous y reviendrez')
  })

  it('leads nowhere else', async () => {
    const { wrapper } = await mountInPage(Landing, { at: '/?return_to=//evil.example' })
    expect(wrapper.get('a.button').attributes('href')).toBe('/auth/login?return_to=%2Fchannels')
  })

  it.each(['access_denied', 'state_mismatch', 'twitch_unavailable', 'missing_scope'])('has words for %s', async (code) => {
    const { wrapper } = await mountInPage(Landing, { at: `/?error=${code}` })
    const said = wrapper.get('[role=alert]').text()
    expect(said).toContain('La connexion n’a pas abouti')
    expect(said).not.toContain(code)
  })
})
