import { expect, it } from 'vitest'

import { accountId } from '@/domain/ids'
import { mountInPage } from '@/testing/mount'
import { NOON } from '@/testing/samples'

import CohortTable from './CohortTable.vue'

const rows = ['ada', 'bob', 'zoe'].map((login) => ({
  id: accountId(login), login, displayName: login, createdAt: NOON, firstSeen: NOON, lastSeen: NOON, captures: 1, regular: false,
}))

it('is sorted by how somebody is tied to the channel, too', async () => {
  const about = (id: string) => ({ origin: id === 'bob' ? 'wave' : 'organic', verdict: null })
  const { wrapper } = await mountInPage(CohortTable, { props: { heading: 'C', rows, about } })
  const names = () => wrapper.findAll('.rows .login').map((one) => one.text())
  expect(names()).toEqual(['ada', 'bob', 'zoe'])
  await wrapper.get('.top .tie button').trigger('click')
  expect(names()).toEqual(['bob', 'ada', 'zoe'])
  expect(wrapper.get('.top .tie').attributes('aria-sort')).toBe('descending')
  expect(wrapper.findAll('[role=columnheader]')).toHaveLength(Number(wrapper.get('[role=grid]').attributes('aria-colcount')))
})

it('counts as picked whom one sees, and says that others are picked behind the filter', async () => {
  const picked = new Set(rows.map((row) => row.id))
  const { wrapper } = await mountInPage(CohortTable, { props: { heading: 'C', rows, picked } })
  const told = () => wrapper.get('[role=status]').text()
  expect(told()).toBe('3 affichés sur 3, 3 choisis')
  await wrapper.get('input[type=search]').setValue('bo')
  expect(wrapper.emitted('update:filter')).toEqual([['bo']])
  expect(told()).toBe('1 affichés sur 3, 1 choisis. 2 de plus, que le filtre cache, ne sont pas concernés.')
})

it('is half picked only when somebody in sight is', async () => {
  const { wrapper } = await mountInPage(CohortTable, { props: { heading: 'C', rows, picked: new Set(['zoe']) } })
  const all = () => wrapper.get<HTMLInputElement>('.top input').element
  expect(all().indeterminate).toBe(true)
  await wrapper.get('input[type=search]').setValue('a')
  expect(all().indeterminate).toBe(false)
})
