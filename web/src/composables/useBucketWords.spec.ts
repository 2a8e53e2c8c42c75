import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import { defineComponent, h } from 'vue'

import { i18n } from '@/locales'
import { plain } from '@/testing/samples'

import { trimmed, useBucketWords } from './useBucketWords'

function words(): ReturnType<typeof useBucketWords> {
  let given: ReturnType<typeof useBucketWords> | undefined
  const Probe = defineComponent({
    setup() {
      given = useBucketWords()
      return () => h('i')
    },
  })
  mount(Probe, { global: { plugins: [i18n] } })
  return given!
}

describe('ranges in words', () => {
  it('are captures, or about so long', () => {
    const { captureBuckets, minuteBuckets } = words()
    const one = (from: number, to: number | null) => [{ from, to, accounts: 1 }]
    const said = (buckets: { label: string }[]) => plain(buckets[0]!.label)
    expect(said(captureBuckets(one(1, 1)))).toBe('1')
    expect(said(captureBuckets(one(6, 10)))).toBe('6 à 10')
    expect(said(captureBuckets(one(10_001, null)))).toBe('10 001 et plus')
    expect(said(minuteBuckets(one(0, 0)))).toBe('moins d’une minute')
    expect(said(minuteBuckets(one(30, 59)))).toBe('30 min à 1 h')
  })

  it('say hours once there are some', () => {
    expect([5, 60, 95, 1_250].map((minutes) => plain(words().minutes(minutes)))).toEqual(['5 min', '1 h', '1 h 35', '20 h'])
  })

  it('end with the last that somebody falls into', () => {
    const buckets = [0, 3, 0, 0].map((accounts, i) => ({ from: i, to: i, accounts }))
    expect(trimmed(buckets)).toHaveLength(2)
    expect(trimmed(buckets.slice(2))).toHaveLength(0)
  })
})
