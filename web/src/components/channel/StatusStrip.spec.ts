import { beforeEach, expect, it, vi } from 'vitest'

import { mountInPage } from '@/testing/mount'
import { NOON, plain } from '@/testing/samples'

import StatusStrip from './StatusStrip.vue'

const peak = { kind: 'peak', from: '2025-05-12', to: '2025-05-12', accounts: 87, expected: 2.2 }
const coverage = { captures: 48, gaps: 0, first: NOON, last: NOON }
const sources = { arrivals: 'known', creations: 'known', raids: 'known' }
beforeEach(() => void vi.useFakeTimers({ now: NOON, toFake: ['Date'] }))
const open = (facts: object[], known: number | null = 0.99, change: object = {}) =>
  mountInPage(StatusStrip, { props: { facts, coverage, known, sources: { ...sources, ...change }, peak: facts.find((fact) => fact === peak) ?? null } })

it('says what is unusual beside what was to be expected, and what speaks against alarm', async () => {
  const { wrapper } = await open([peak])
  expect(plain(wrapper.get('.head').text())).toBe('87 comptes créés le 12 mai 2025, où l’on en attendrait 2.')
  expect(wrapper.text()).toContain('Un concours, une annonce ou un raid')
  expect(wrapper.text()).not.toMatch(/bot/i)
  await wrapper.get('button').trigger('click')
  expect(wrapper.emitted('show')).toEqual([[peak]])
})

it('says so when nothing is, and how fresh that is', async () => {
  const { wrapper } = await open([])
  expect(wrapper.text()).toContain('Rien ne sort de l’ordinaire')
  expect(plain(wrapper.text())).toMatch(/48 captures, la dernière .*, à \d\d:\d\d \(.+\)/)
  expect(wrapper.find('button').exists()).toBe(false)
})

it('writes the day of a capture that is not of today', async () => {
  vi.setSystemTime(NOON.getTime() + 30 * 86_400_000)
  const { wrapper } = await open([])
  expect(plain(wrapper.text())).toMatch(/48 captures, la dernière il y a 30 jours, le 23 nov. 2026/)
})

it('judges no arrivals from captures that do not tell of them', async () => {
  const { wrapper } = await open([])
  await wrapper.setProps({ rushUnknown: true })
  expect(plain(wrapper.get('.head').text())).toContain('ces captures ne permettent pas de juger des arrivées')
})

it('does not give an all-clear before the dates are known', async () => {
  const { wrapper } = await open([], 0.4)
  expect(plain(wrapper.get('.head').text())).toBe('Rien d’inhabituel jusqu’ici, sur 40 % des dates de création.')
  for (const none of [null, 0, 0.0004]) {
    await wrapper.setProps({ known: none })
    expect(wrapper.get('.head').text()).toBe('Les dates de création ne sont pas encore connues.')
  }
})

it('gives no all-clear while an answer is missing, and says which', async () => {
  const { wrapper } = await open([], 1, { creations: 'failed', raids: 'failed' })
  expect(wrapper.get('.head').text()).toBe('Impossible de dire si quelque chose sort de l’ordinaire.')
  expect(plain(wrapper.get('.failed').text())).toBe('Impossible de charger : les dates de création, les raids.')
  await wrapper.get('button').trigger('click')
  expect(wrapper.emitted('retry')).toHaveLength(1)
  await wrapper.setProps({ sources: { ...sources, arrivals: 'waiting' } })
  expect(plain(wrapper.get('.head').text())).toBe('En cours de chargement : les arrivées.')
  expect(wrapper.find('.failed').exists()).toBe(false)
})

it('says what strikes and what is missing beside it', async () => {
  const { wrapper } = await open([peak], 1, { raids: 'failed' })
  expect(wrapper.get('.head').text()).toContain('87')
  expect(plain(wrapper.get('.failed').text())).toBe('Impossible de charger : les raids.')
})

it('names a raid before anything else, whether or not a capture has seen it', async () => {
  const raid = { kind: 'raid', at: NOON, from: 'lumi', announced: 250, arrived: null }
  const { wrapper } = await open([raid, peak])
  expect(plain(wrapper.get('.head').text())).toMatch(/^Raid de lumi à .*250 spectateurs annoncés, pas encore de capture/)
  expect(wrapper.get('.more').text()).toContain('87 comptes')
  await wrapper.setProps({ facts: [{ ...raid, arrived: 231 }] })
  expect(plain(wrapper.get('.head').text())).toContain('250 spectateurs annoncés, 231 arrivés')
})
