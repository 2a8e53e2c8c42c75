import { describe, expect, it } from 'vitest'

import { accountId } from '@/domain/ids'
import { mountInPage } from '@/testing/mount'
import { plain } from '@/testing/samples'

import PeopleList from './PeopleList.vue'

const rows = Array.from({ length: 12 }, (_, i) => ({
  person: { id: accountId(String(i)), login: `p${i}`, displayName: i === 0 ? 'Zoé' : `P${i}` },
  cells: ['x'],
}))

describe('PeopleList', () => {
  it('shows a few, then all it has, then asks for more', async () => {
    const { wrapper } = await mountInPage(PeopleList, { props: { label: 'L', columns: ['c'], rows, total: 40, more: true } })
    const count = () => wrapper.findAll('tbody tr').length
    expect(count()).toBe(10)
    expect(plain(wrapper.get('[role=status]').text())).toBe('10 sur 40 comptes')
    await wrapper.get('button').trigger('click')
    expect(count()).toBe(12)
    expect(wrapper.emitted('more')).toBeUndefined()
    await wrapper.get('button').trigger('click')
    expect(wrapper.emitted('more')).toHaveLength(1)
  })

  it('gives the focus to the name above when the button goes with the last ones', async () => {
    const { wrapper } = await mountInPage(PeopleList, { props: { label: 'L', columns: ['c'], rows: rows.slice(0, 4), more: true } })
    const button = wrapper.get<HTMLElement>('button')
    button.element.focus()
    await wrapper.setProps({ rows })
    await button.trigger('click')
    expect(document.activeElement).toBe(button.element)
    await wrapper.setProps({ more: false })
    expect(wrapper.find('button').exists()).toBe(false)
    expect(document.activeElement?.getAttribute('href')).toBe('/accounts/11')
  })

  it('leads from a name to the account, and says the login when it differs', async () => {
    const { wrapper } = await mountInPage(PeopleList, { props: { label: 'L', columns: ['c'], rows } })
    expect(wrapper.get('tbody a').attributes('href')).toBe('/accounts/0')
    expect(wrapper.findAll('.login').map((one) => plain(one.text()))).toEqual(['@p0'])
    expect(wrapper.find('[role=status]').exists()).toBe(false)
  })
})
