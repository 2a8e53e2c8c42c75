import { describe, expect, it } from 'vitest'

import { mountInPage } from '@/testing/mount'

import AvatarBadge from './AvatarBadge.vue'

describe('AvatarBadge', () => {
  it.each([
    ['Lumi_Nocturne', 'LN'],
    ['SpeedrunFR', 'S'],
    ['くるみ', 'く'],
    ['🦊fox', '🦊'],
    ['___', ''],
  ])('%s → %s', async (name, letters) => {
    const { wrapper } = await mountInPage(AvatarBadge, { props: { name } })
    expect(wrapper.text()).toBe(letters)
  })

  it('shows letters until the picture is there, and again if it fails', async () => {
    const { wrapper } = await mountInPage(AvatarBadge, { props: { name: 'Ada', imageUrl: '/a.png' } })
    expect(wrapper.text()).toBe('A')
    await wrapper.get('img').trigger('load')
    expect(wrapper.text()).toBe('')
    await wrapper.get('img').trigger('error')
    expect(wrapper.text()).toBe('A')
  })
})
