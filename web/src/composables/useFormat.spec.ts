import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import { defineComponent, h } from 'vue'

import { i18n, setLocale } from '@/locales'

import { ago, regional, useFormat } from './useFormat'

function format(): ReturnType<typeof useFormat> {
  let given: ReturnType<typeof useFormat> | undefined
  const Probe = defineComponent({
    setup() {
      given = useFormat()
      return () => h('i')
    },
  })
  mount(Probe, { global: { plugins: [i18n] } })
  return given!
}

describe('useFormat', () => {
  it('says 100 % only of all', () => {
    const { percent } = format()
    expect([percent(0.9999), percent(1), percent(0.0214), percent(0)].map((text) => text.replace(/\s/g, ' '))).toEqual([
      '99 %',
      '100 %',
      '2,1 %',
      '0 %',
    ])
  })

  it('writes numbers and days as the language does', async () => {
    const { number, day } = format()
    expect(number(2_412)).toMatch(/^2\s412$/)
    expect(day('2025-05-12')).toBe('12 mai 2025')
    await setLocale('en')
    expect(number(2_412)).toBe('2,412')
    expect(day('2025-05-12')).toBe('May 12, 2025')
  })

  it('follows the region of the reader’s language', () => {
    expect(regional('en', ['fr-FR', 'en-GB', 'en-US'])).toBe('en-GB')
    expect(regional('fr', ['en-GB'])).toBe('fr')
  })

  it('says how long ago in the largest unit', () => {
    const now = new Date('2026-11-23T12:00:00Z')
    const then = (seconds: number) => ago('fr', new Date(now.getTime() - seconds * 1_000), now)
    expect([30, 60, 3_599, 7_300, 90_000, 260_000].map(then)).toEqual([
      null,
      'il y a 1 minute',
      'il y a 59 minutes',
      'il y a 2 heures',
      'hier',
      'il y a 3 jours',
    ])
  })
})
