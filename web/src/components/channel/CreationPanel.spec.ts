import { describe, expect, it } from 'vitest'

import { mountInPage } from '@/testing/mount'
import { plain } from '@/testing/samples'

import CreationPanel from './CreationPanel.vue'

const coverage = { captures: 5, gaps: 0, first: null, last: null }
const creations = {
  coverage,
  accounts: 100,
  known: 98,
  broadcasts: 12,
  days: [
    { day: '2012-01-15', accounts: 10, usual: 9 },
    { day: '2025-05-12', accounts: 87, usual: 2 },
    { day: '2026-11-20', accounts: 1, usual: 0 },
  ],
}
async function open(modelValue: object | null = null, change: object = {}) {
  const { wrapper } = await mountInPage(CreationPanel, { props: { creations: { ...creations, ...change }, modelValue, peak: null } })
  const button = (name: string) => wrapper.findAll('button').find((one) => one.text() === name)!
  return { wrapper, button, bars: () => wrapper.findAll('[role=option]').length }
}

describe('CreationPanel', () => {
  it('shows all dates by month, and a part of them by day', async () => {
    const { button, bars } = await open()
    expect(bars()).toBe(179)
    await button('90 jours').trigger('click')
    expect(bars()).toBe(90)
    expect(button('90 jours').attributes('aria-pressed')).toBe('true')
    await button('2 ans').trigger('click')
    expect(bars()).toBeLessThan(110)
  })

  it('looks closer when what is picked is finer than the bars', async () => {
    const { wrapper, bars } = await open({ from: '2025-05-12', to: '2025-05-12' })
    expect(bars()).toBe(121)
    expect(plain(wrapper.get('.told').text())).toContain('87 comptes créés le 12 mai 2025')
  })

  it('is not called back from where one looks by the next capture', async () => {
    const { wrapper, button, bars } = await open({ from: '2025-05-12', to: '2025-05-12' })
    await button('90 jours').trigger('click')
    await wrapper.setProps({ modelValue: { from: '2025-05-12', to: '2025-05-12' }, creations: { ...creations, days: [...creations.days] } })
    expect(bars()).toBe(90)
  })

  it('goes on to the days that captures bring, in whichever part one looks at', async () => {
    const today = { day: '2026-11-23', accounts: 40, usual: 0 }
    const later = { creations: { ...creations, days: [...creations.days, today] } }
    const last = (wrapper: Awaited<ReturnType<typeof open>>['wrapper']) => plain(wrapper.findAll('[role=option]').at(-1)!.attributes('aria-label')!)
    const { wrapper, button, bars } = await open()
    await button('90 jours').trigger('click')
    await wrapper.setProps(later)
    expect(bars()).toBe(90)
    expect(last(wrapper)).toContain('40 comptes créés le 23 novembre 2026')
    expect(button('90 jours').attributes('aria-pressed')).toBe('true')
    const close = await open({ from: '2026-11-20', to: '2026-11-20' })
    await close.wrapper.setProps(later)
    expect(last(close.wrapper)).toContain('40 comptes créés le 23 novembre 2026')
  })

  it('turns bars that are picked into days, and zooms to them', async () => {
    const { wrapper, button, bars } = await open()
    await wrapper.get('[role=listbox]').trigger('keydown', { key: 'Home' })
    const picked = { from: '2012-01-01', to: '2012-01-31' }
    expect(wrapper.emitted('update:modelValue')).toEqual([[picked]])
    await wrapper.setProps({ modelValue: picked })
    await button('Agrandir').trigger('click')
    expect(bars()).toBe(31 + 2 * 60)
    await button('Effacer le choix').trigger('click')
    expect(wrapper.emitted('update:modelValue')!.at(-1)).toEqual([null])
  })

  it('says what it is compared with, or that there is nothing to compare with', async () => {
    const { wrapper } = await open()
    expect(plain(wrapper.text())).toContain('98 dates connues sur 100, comparées à 12 autres directs.')
    const alone = await open(null, { broadcasts: 0 })
    expect(alone.wrapper.text()).toContain('Pas d’autre direct auquel comparer')
  })
})
