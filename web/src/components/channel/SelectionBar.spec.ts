import { describe, expect, it } from 'vitest'
import { nextTick } from 'vue'

import { accountId } from '@/domain/ids'
import { mountInPage } from '@/testing/mount'
import { NOON } from '@/testing/samples'

import SelectionBar from './SelectionBar.vue'

const rows = ['ada', 'bob'].map((login) => ({
  id: accountId(login), login, displayName: login, createdAt: null, firstSeen: NOON, lastSeen: NOON, captures: 1, regular: false,
}))
async function open(marked: string | null = null) {
  const verdictOf = (id: string) => (id === marked ? 'people' : null)
  const { wrapper } = await mountInPage(SelectionBar, { props: { rows, file: 'lumi', canMark: true, verdictOf } })
  const items = () => wrapper.findAll('[role=menuitem]')
  await wrapper.get('.phone button').trigger('click')
  return { wrapper, items }
}

describe('SelectionBar', () => {
  it('has in a menu, for narrow screens, what it has beside the marks', async () => {
    const { wrapper, items } = await open()
    const names = ['Copier les noms', 'Copier les /ban', 'Exporter (CSV)', 'Ne rien choisir']
    expect(wrapper.findAll('.spare button').map((one) => one.text())).toEqual(names)
    expect(items().map((one) => one.text())).toEqual(names)
    await items().at(-1)!.trigger('click')
    expect(wrapper.emitted('drop')).toHaveLength(1)
  })

  it('offers to take a mark back only where there is one', async () => {
    const { wrapper, items } = await open('bob')
    expect(items()[0]!.text()).toBe('Retirer l’avis')
    await items()[0]!.trigger('click')
    expect(wrapper.emitted('mark')).toEqual([[null]])
  })

  it('keeps the focus when the button goes with the last mark, and says when the bar goes with it', async () => {
    const { wrapper } = await open('bob')
    const unmark = wrapper.findAll<HTMLElement>('.spare button')[0]!
    unmark.element.focus()
    await unmark.trigger('click')
    expect(document.activeElement).toBe(wrapper.get('.selection').element)
    await wrapper.setProps({ rows: [] })
    expect(wrapper.emitted('gone')).toHaveLength(1)
  })

  it('takes no focus that is elsewhere', async () => {
    const { wrapper } = await open()
    await nextTick()
    ;(document.activeElement as HTMLElement).blur()
    await wrapper.setProps({ rows: [] })
    expect(wrapper.emitted('gone')).toBeUndefined()
  })

  it('keeps messages clear of it for as long as it is there', async () => {
    const room = () => document.documentElement.style.getPropertyValue('--selection-bar')
    const { wrapper } = await open()
    await wrapper.setProps({ rows: [] })
    await nextTick()
    expect(room()).toBe('0px')
    wrapper.unmount()
    expect(room()).toBe('')
  })

  it('has no marks where they belong to no channel', async () => {
    const { wrapper } = await mountInPage(SelectionBar, { props: { rows, file: 'session' } })
    const names = wrapper.findAll('.selection button').map((one) => one.text())
    expect(names).toContain('Copier les /ban')
    expect(names).not.toContain('Suspects')
    expect(names).not.toContain('Ce sont des gens')
  })
})
