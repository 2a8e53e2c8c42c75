import { describe, expect, it } from 'vitest'

import { mountInPage } from '@/testing/mount'

import Landing from './Landing.vue'

describe('Landing', () => {
  it('leads to Twitch and back to where one wanted to go', async () => {
    const { wrapper } = await mountInPage(Landing, { at: '/?return_to=/sessions/1' })
    expect(wrapper.get('a.button').attributes('href')).toBe('/auth/login?return_to=%2Fsessions%2F1')
    expect(wrapper.get('[role=status]').text()).toContain('vous y reviendrez')
  })

  it('still leads there when a login did not work', async () => {
    const { wrapper } = await mountInPage(Landing, { at: '/?error=access_denied&return_to=/sessions/1%3Fchannel%3D2' })
    expect(wrapper.find('[role=alert]').exists()).toBe(true)
    expect(wrapper.get('a.button').attributes('href')).toBe('/auth/login?return_to=%2Fsessions%2F1%3Fchannel%3D2')
  })

  it.each([
    '/?return_to=//evil.example',
    '/?error=access_denied&return_to=//evil.example',
    '/?error=access_denied&return_to=https://evil.example',
    '/?error=access_denied&return_to=/%5Cevil.example',
  ])('leads nowhere else: %s', async (at) => {
    const { wrapper } = await mountInPage(Landing, { at })
    expect(wrapper.get('a.button').attributes('href')).toBe('/auth/login?return_to=%2Fchannels')
  })

  it.each(['access_denied', 'state_mismatch', 'twitch_unavailable', 'missing_scope'])('has words for %s', async (code) => {
    const { wrapper } = await mountInPage(Landing, { at: `/?error=${code}` })
    const said = wrapper.get('[role=alert]').text()
    expect(said).toContain('La connexion n’a pas abouti')
    expect(said).not.toContain(code)
  })
})
