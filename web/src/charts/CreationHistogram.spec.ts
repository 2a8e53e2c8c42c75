import { expect, it } from 'vitest'

import { mountInPage } from '@/testing/mount'

import CreationHistogram from './CreationHistogram.vue'

const bin = (accounts: number) => ({ from: '2025-05-12', to: '2025-05-12', accounts, usual: 2 })
const told = async (bins: object[]) => (await mountInPage(CreationHistogram, { props: { heading: 'H', bins } })).wrapper.get('.told').text()

it('invites to drag over bars only when there are any', async () => {
  expect(await told([bin(3)])).toContain('Glissez sur les barres')
  for (const none of [[], [bin(0)]]) expect(await told(none)).toBe('Aucune date de création connue ici.')
})
