import { expect, it } from 'vitest'

import { userId } from '@/domain/ids'
import { mountInPage } from '@/testing/mount'
import { plain } from '@/testing/samples'

import OptOut from './OptOut.vue'

const me = { id: userId('1'), login: 'ada', displayName: 'Ada', imageUrl: null, scopes: [], grant: 'valid' as const }

it('sends to Twitch whom nobody knows yet, and back to where it is asked again', async () => {
  const { wrapper } = await mountInPage(OptOut, { props: { me: null } })
  expect(wrapper.get('a.button').attributes('href')).toBe('/auth/login?return_to=%2Fprivacy%3Fme%3D1')
  expect(wrapper.text()).toContain('Twitch demande les mêmes permissions')
  expect(wrapper.find('button').exists()).toBe(false)
})

it('names whom it would erase, and asks before it does', async () => {
  const { wrapper } = await mountInPage(OptOut, { props: { me } })
  expect(wrapper.find('a.button').exists()).toBe(false)
  const button = wrapper.get('button')
  expect(button.text()).toBe('Effacer Ada et ne plus le relever')
  expect(wrapper.find('.dialog').exists()).toBe(false)
  await button.trigger('click')
  expect(plain(wrapper.get('.dialog').text())).toContain('Supprimer tout ce qui concerne Ada ?')
  await wrapper.findAll('.dialog button').find((one) => one.text() === 'Annuler')!.trigger('click')
  expect(wrapper.find('.dialog').exists()).toBe(false)
})
