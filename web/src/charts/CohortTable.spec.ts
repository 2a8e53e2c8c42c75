import { describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'

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

// The document of these tests has no pointer: what is under it is said.
describe('when rows come in above', () => {
  const many = Array.from({ length: 100 }, (_, i) => ({ ...rows[0]!, id: accountId(`a${i}`), login: `a${i}`, createdAt: new Date(NOON.getTime() - i * 1_000) }))
  const late = [1, 2].map((i) => ({ ...rows[0]!, id: accountId(`b${i}`), login: `b${i}`, createdAt: new Date(NOON.getTime() + i * 1_000) }))
  async function open(scrollTop: number) {
    Object.defineProperty(HTMLElement.prototype, 'clientHeight', { configurable: true, get: () => 400 })
    const { wrapper } = await mountInPage(CohortTable, { props: { heading: 'C', rows: many } })
    const box = wrapper.get<HTMLElement>('[role=grid]')
    box.element.scrollTop = scrollTop
    const come = async () => {
      await wrapper.setProps({ rows: [...late, ...many] })
      await nextTick()
    }
    return { wrapper, box, come, top: () => box.element.scrollTop }
  }

  it('those in sight stay where they are', async () => {
    const { wrapper, box, come, top } = await open(50 * 40 + 7)
    await come()
    expect(top()).toBe(52 * 40 + 7)
    expect(wrapper.find('[aria-rowindex="54"]').text()).toContain('a50')
    await box.get('.top .login button').trigger('click')
    await nextTick()
    expect(top()).toBe(52 * 40 + 7)
  })

  it('who looks at the top sees them, but under a hand nothing moves', async () => {
    const { come, top } = await open(0)
    await come()
    expect(top()).toBe(0)
    const held = await open(0)
    vi.spyOn(held.box.element, 'matches').mockImplementation((selector) => selector.includes(':hover'))
    await held.come()
    expect(held.top()).toBe(2 * 40)
  })

  it('the one under the pointer stays, wherever they come in', async () => {
    const { wrapper, box, top } = await open(10 * 40)
    await wrapper.setProps({ rows: [...many] })
    const under = box.findAll('.rows .row').find((row) => row.text().includes('a14'))!
    vi.spyOn(box.element, 'querySelector').mockReturnValue(under.element)
    const between = late.map((row) => ({ ...row, createdAt: new Date(NOON.getTime() - 12_500) }))
    await wrapper.setProps({ rows: [...many, ...between] })
    await nextTick()
    expect(top()).toBe(12 * 40)
  })
})
