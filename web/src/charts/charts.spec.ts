import { readdirSync, readFileSync } from 'node:fs'

import { describe, expect, it, vi } from 'vitest'
import { nextTick, type Component } from 'vue'

import NewcomersBar from '@/components/channel/NewcomersBar.vue'
import { accountId, channelId } from '@/domain/ids'
import { mountInPage } from '@/testing/mount'
import { plain, samplePoint } from '@/testing/samples'

import BucketBars from './BucketBars.vue'
import ChannelCourses from './ChannelCourses.vue'
import CohortTable from './CohortTable.vue'
import ComparisonBars from './ComparisonBars.vue'
import CreationHistogram from './CreationHistogram.vue'
import LiveGraph from './LiveGraph.vue'
import OverlapMatrix from './OverlapMatrix.vue'
import PresenceStrip from './PresenceStrip.vue'
import RetentionTriangle from './RetentionTriangle.vue'
import SparklineDrawing from './SparklineDrawing.vue'

const at = (minute: number) => new Date(Date.UTC(2026, 10, 23, 18, minute))
const cells = (texts: { text: () => string }[]) => texts.map((one) => plain(one.text()))

// Nothing to draw on here.
vi.mock('@/charts/EChart.vue', () => ({ __esModule: true, default: { render: () => null } }))

type Shown = readonly [component: Component, props: Record<string, unknown>]

/** All that stand in a `ChartFrame`, each with a little to show. */
const FRAMED: Readonly<Record<string, Shown>> = {
  BucketBars: [BucketBars, { heading: 'B', unit: 'U', buckets: [{ label: '1', accounts: 8 }, { label: '2 à 3', accounts: 4 }] }],
  ChannelCourses: [
    ChannelCourses,
    {
      heading: 'C',
      courses: ['1', '2'].map((id) => ({
        id: channelId(id),
        name: `C${id}`,
        points: [samplePoint({ at: at(0) }), samplePoint({ at: at(30), gapBefore: true })],
      })),
    },
  ],
  ComparisonBars: [ComparisonBars, { heading: 'C', before: '21:35', after: '22:10', left: 1, stayed: 2, arrived: 1 }],
  CreationHistogram: [CreationHistogram, { heading: 'H', bins: [{ from: '2025-05-11', to: '2025-05-11', accounts: 3, usual: 2 }] }],
  LiveGraph: [LiveGraph, { heading: 'L', points: [samplePoint({ at: at(0) })], markers: [{ at: at(1), kind: 'streamEnd' }] }],
  NewcomersBar: [NewcomersBar, { newcomers: { total: 10, byRaid: 3, byWave: 2, cameBack: 4 } }],
  PresenceStrip: [PresenceStrip, { heading: 'P', broadcasts: [{ stream: null, from: at(0), to: at(1), captures: 4, attended: 2 }] }],
}

/** Those that are tables themselves, and need no other. */
const TABLES: Readonly<Record<string, Shown>> = {
  OverlapMatrix: [OverlapMatrix, { heading: 'O', channels: ['A', 'B'], shared: [[100, 25], [25, 50]] }],
  RetentionTriangle: [RetentionTriangle, { heading: 'R', cohorts: [{ at: at(0), accounts: 100, back: [40] }] }],
}

describe('every chart', () => {
  it('is among these', () => {
    const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.vue'))
    const framed = files.filter((name) => readFileSync(`src/${name}`, 'utf8').includes('<ChartFrame'))
    expect(framed.map((name) => /(\w+)\.vue$/.exec(name)?.[1]).sort()).toEqual(Object.keys(FRAMED))
  })

  it.each(Object.entries(FRAMED))('%s shows its numbers in a table by one key, and the picture again, also by the next', async (_, [component, props]) => {
    const { wrapper } = await mountInPage(component, { props })
    const figure = wrapper.get('figure')
    const press = async () => {
      document.activeElement!.dispatchEvent(new KeyboardEvent('keydown', { key: 't', bubbles: true }))
      await nextTick()
      await nextTick()
    }
    expect(wrapper.find('table').exists()).toBe(false)
    wrapper.get<HTMLElement>('figcaption button').element.focus()
    await figure.trigger('keydown', { key: 't', ctrlKey: true })
    expect(wrapper.find('table').exists()).toBe(false)
    await press()
    const columns = wrapper.findAll('thead th')
    const rows = wrapper.findAll('tbody tr')
    expect(cells(columns)).not.toContain('')
    expect(rows.length).toBeGreaterThan(0)
    for (const row of rows) expect(row.findAll('th, td')).toHaveLength(columns.length)
    wrapper.get<HTMLElement>('.table').element.focus()
    await press()
    expect(wrapper.find('table').exists()).toBe(false)
    expect(figure.element.contains(document.activeElement)).toBe(true)
  })

  it.each(Object.entries(TABLES))('%s is a table with a name, and names for its rows and columns', async (_, [component, props]) => {
    const { wrapper } = await mountInPage(component, { props })
    expect(wrapper.get('table').attributes('aria-label')).toBe(props.heading)
    expect(cells(wrapper.findAll('thead th[scope=col]'))).not.toContain('')
    for (const row of wrapper.findAll('tbody tr')) expect(plain(row.get('th[scope=row]').text())).not.toBe('')
  })
})

describe('SparklineDrawing', () => {
  const draw = (values: (number | null)[], minutes = values.map((_, i) => i)) => {
    const points = values.map((chatters, i) => ({ at: at(minutes[i]!), chatters }))
    return mountInPage(SparklineDrawing, { props: { points, label: 'x' } })
  }
  const places = (path: string) => [...path.matchAll(/[ML]([\d.]+)/g)].map((match) => Number(match[1]))

  it('breaks at what is missing and marks the last that is known', async () => {
    const { wrapper } = await draw([4, 8, null, 6, null])
    const drawn = [...(wrapper.element as Element).children].map((part) => part.getAttribute('class') ?? part.tagName.toLowerCase())
    expect(drawn).toEqual(['ground', 'path', 'gap', 'gap', 'path', 'circle'])
  })

  it('stands where the time is, not where the place in the list is', async () => {
    const { wrapper } = await draw([4, 8, 6], [0, 10, 40])
    const [first, second, third] = places(wrapper.get('path:not(.ground)').attributes('d')!) as [number, number, number]
    expect((second - first) / (third - first)).toBeCloseTo(1 / 4)
  })

  it('shows a short gap in a long broadcast, with nothing drawn across it', async () => {
    const { wrapper } = await draw([4, 8, null, 6, 7], [0, 1_000, 1_001, 1_002, 2_000])
    const { x, width } = wrapper.get('path ~ .gap').attributes()
    expect(Number(width)).toBe(3)
    const [before, after] = wrapper.findAll('path:not(.ground)').map((path) => places(path.attributes('d')!))
    const middle = Number(x) + 1.5
    expect(Math.max(...before!)).toBeLessThan(middle)
    expect(Math.min(...after!)).toBeGreaterThan(middle)
  })

  it('has nothing to draw without data', async () => {
    const { wrapper } = await draw([])
    expect(wrapper.findAll('path:not(.ground), circle, .gap')).toHaveLength(0)
  })
})

describe('ComparisonBars', () => {
  it('says the three parts and draws them to one scale', async () => {
    const props = { heading: 'C', before: '21:35', after: '22:10', left: 1, stayed: 2, arrived: 1 }
    const { wrapper } = await mountInPage(ComparisonBars, { props })
    expect(cells(wrapper.findAll('dl > div'))).toEqual(['Partis125 %', 'Restés250 %', 'Arrivés125 %'])
    expect(cells(wrapper.findAll('.sum'))).toEqual(['3', '3'])
  })

  it('has words for two empty rosters', async () => {
    const props = { heading: 'C', before: 'a', after: 'b', left: 0, stayed: 0, arrived: 0 }
    const { wrapper } = await mountInPage(ComparisonBars, { props })
    expect(wrapper.text()).toContain('Aucune donnée')
  })
})

describe('OverlapMatrix', () => {
  it('says shares of the row’s accounts', async () => {
    const props = { heading: 'O', channels: ['A', 'B'], shared: [[100, 25], [25, 50]] }
    const { wrapper } = await mountInPage(OverlapMatrix, { props })
    expect(cells(wrapper.findAll('tbody td'))).toEqual(['100', '25 25 %', '25 50 %', '50'])
  })

  it('divides by no zero', async () => {
    const { wrapper } = await mountInPage(OverlapMatrix, { props: { heading: 'O', channels: ['A'], shared: [[0]] } })
    expect(wrapper.text()).not.toContain('NaN')
  })
})

describe('RetentionTriangle', () => {
  it('leaves what is to come blank and names what was not captured', async () => {
    const cohorts = [
      { at: at(0), accounts: 100, back: [40, null] },
      { at: at(60), accounts: 50, back: [25] },
    ]
    const { wrapper } = await mountInPage(RetentionTriangle, { props: { heading: 'R', cohorts } })
    const [first, second] = wrapper.findAll('tbody tr').map((row) => cells(row.findAll('.cell')))
    expect(first).toEqual(['40 %', '–'])
    expect(second).toEqual(['50 %'])
    expect(wrapper.get('.missing').attributes('title')).toBe('Pas de capture')
  })
})

describe('PresenceStrip', () => {
  it('draws a broadcast as full as it was attended, and one without the account as its foot', async () => {
    const broadcasts = [4, 0, 2].map((attended, i) => ({ stream: null, from: at(i), to: at(i + 1), captures: 4, attended }))
    const { wrapper } = await mountInPage(PresenceStrip, { props: { heading: 'P', broadcasts } })
    expect(wrapper.get('svg').attributes('aria-label')).toBe('Vu dans 2 directs sur 3')
    expect(wrapper.findAll('.foot')).toHaveLength(3)
    const [whole, half] = wrapper.findAll('.body').map((body) => Number(body.attributes('height')))
    expect(half).toBe(whole! / 2)
  })
})

describe('CreationHistogram', () => {
  const bins = ['2025-05-11', '2025-05-12', '2025-05-13'].map((day, i) => ({ from: day, to: day, accounts: [3, 87, 1][i]!, usual: 2 }))

  it('is picked from the keyboard, and says what is picked', async () => {
    const { wrapper } = await mountInPage(CreationHistogram, { props: { heading: 'H', bins } })
    const plot = wrapper.get('[role=listbox]')
    const press = async (key: string, shiftKey = false) => {
      await plot.trigger('keydown', { key, shiftKey })
      await wrapper.setProps({ modelValue: wrapper.emitted('update:modelValue')!.at(-1)![0] })
    }
    await press('ArrowRight')
    await press('ArrowRight')
    expect(plain(wrapper.get('.told').text())).toBe('87 comptes créés le 12 mai 2025')
    await press('ArrowRight', true)
    expect(plain(wrapper.get('.told').text())).toBe('88 comptes créés du 12 mai 2025 au 13 mai 2025')
    expect(wrapper.findAll('[aria-selected=true]')).toHaveLength(2)
    await press('Escape')
    expect(wrapper.findAll('[aria-selected=true]')).toHaveLength(0)
  })

  it('has a table with what is usual', async () => {
    const { wrapper } = await mountInPage(CreationHistogram, { props: { heading: 'H', bins } })
    await wrapper.get('figure').trigger('keydown', { key: 't' })
    expect(cells(wrapper.findAll('tbody td')).slice(0, 4)).toEqual(['3', '2', '87', '2'])
  })
})

describe('LiveGraph', () => {
  it('tells captures, gaps and markers in the order of time', async () => {
    const { wrapper } = await mountInPage(LiveGraph, {
      props: {
        heading: 'L',
        points: [samplePoint({ at: at(0) }), samplePoint({ at: at(30), gapBefore: true })],
        markers: [{ at: at(28), kind: 'raid', from: 'lumi', viewers: 250 }],
      },
    })
    await wrapper.get('figure').trigger('keydown', { key: 't' })
    const last = wrapper.findAll('tbody tr').map((row) => plain(row.findAll('td').at(-1)!.text()))
    expect(last[0]).toBe('')
    expect(last[1]).toMatch(/^Pas de capture jusqu’à/)
    expect(last[2]).toBe('Raid de lumi (250)')
  })
})

describe('CohortTable', () => {
  const rows = ['ada', 'bob', 'eve', 'zoe'].map((login, i) => ({
    id: accountId(login),
    login,
    displayName: login,
    createdAt: new Date(Date.UTC(2025, 0, i + 1)),
    firstSeen: at(i),
    lastSeen: at(i),
    captures: i,
    regular: i === 0,
  }))

  async function open() {
    const { wrapper } = await mountInPage(CohortTable, { props: { heading: 'C', rows } })
    const grid = wrapper.get('[role=grid]')
    const press = async (key: string, more: object = {}) => {
      await grid.trigger('keydown', { key, ...more })
      const picked = wrapper.emitted('update:picked')?.at(-1)?.[0]
      if (picked) await wrapper.setProps({ picked })
      await nextTick()
    }
    const picked = () => [...(wrapper.props() as { picked: Set<string> }).picked]
    return { wrapper, grid, press, picked }
  }

  it('begins with the newest and is sorted by its columns', async () => {
    const { wrapper } = await open()
    const names = () => cells(wrapper.findAll('.rows .login'))
    expect(names()).toEqual(['zoe', 'eve', 'bob', 'ada'])
    await wrapper.get('.top .login button').trigger('click')
    expect(names()).toEqual(['ada', 'bob', 'eve', 'zoe'])
    expect(wrapper.get('.top .login').attributes('aria-sort')).toBe('ascending')
  })

  it('is picked from the keyboard: one, a stretch, all, none', async () => {
    const { press, picked } = await open()
    await press(' ')
    expect(picked()).toEqual(['zoe'])
    await press('ArrowDown', { shiftKey: true })
    await press('ArrowDown', { shiftKey: true })
    expect(picked()).toEqual(['zoe', 'eve', 'bob'])
    await press('a', { ctrlKey: true })
    expect(picked()).toHaveLength(4)
    await press('Escape')
    expect(picked()).toEqual([])
  })

  it('says how somebody came and what was thought of them', async () => {
    const { wrapper } = await mountInPage(CohortTable, {
      props: { heading: 'C', rows, about: (id: string) => ({ origin: 'raid', verdict: id === 'zoe' ? 'suspicious' : null }) },
    })
    expect(cells(wrapper.findAll('.rows .tie'))).toEqual(['nouveau, par raidsuspect', 'nouveau, par raid', 'nouveau, par raid', 'habitué'])
  })

  it('stays with the account when rows arrive above it', async () => {
    const { wrapper, press, picked } = await open()
    await press('ArrowDown')
    const late = { ...rows[0]!, id: accountId('yan'), login: 'yan', createdAt: new Date(Date.UTC(2026, 0, 1)) }
    await wrapper.setProps({ rows: [late, ...rows] })
    await press(' ')
    expect(picked()).toEqual(['eve'])
  })

  it('stays near where the account was when that goes', async () => {
    const { wrapper, press, picked } = await open()
    await press('ArrowDown')
    await press('ArrowDown')
    await wrapper.setProps({ rows: rows.filter(({ login }) => login !== 'bob') })
    await press(' ')
    expect(picked()).toEqual(['ada'])
  })

  it('begins at the top, whatever arrived before the keys were used', async () => {
    const { wrapper, press, picked } = await open()
    await wrapper.setProps({ rows: rows.map((row) => ({ ...row, createdAt: new Date(-row.createdAt.getTime()) })) })
    await press(' ')
    expect(picked()).toEqual(['ada'])
  })

  it('opens the account that the keys are at', async () => {
    const { wrapper, press } = await open()
    await press('End')
    await press('Enter')
    expect(wrapper.emitted('open')).toEqual([['ada']])
  })

  it('picks all that match, and only those', async () => {
    const { wrapper, press, picked } = await open()
    await wrapper.get('input[type=search]').setValue('o')
    await press('a', { ctrlKey: true })
    expect(picked()).toEqual(['zoe', 'bob'])
    expect(wrapper.get('[role=status]').text()).toBe('2 affichés sur 4, 2 choisis')
  })
})
