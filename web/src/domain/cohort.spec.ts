import { describe, expect, it } from 'vitest'

import { banLines, between, createdBetween, csvOf, inOrder, matching, pickedInSight, pressed, type CohortRow, type Known } from './cohort'
import { accountId } from './ids'

const row = (login: string, change: Partial<CohortRow> = {}): CohortRow => ({
  id: accountId(login),
  login,
  displayName: login.toUpperCase(),
  createdAt: new Date(0),
  firstSeen: new Date(0),
  lastSeen: new Date(0),
  captures: 1,
  regular: false,
  ...change,
})
const logins = (rows: readonly CohortRow[]) => rows.map((one) => one.login)

describe('order', () => {
  const rows = [
    row('bob', { createdAt: new Date(2) }),
    row('unknown', { createdAt: null }),
    row('ada10', { createdAt: new Date(3) }),
    row('ada9', { createdAt: new Date(3) }),
  ]

  it('puts the unknown last whichever way, and equals by login as people count', () => {
    expect(logins(inOrder(rows, { key: 'createdAt', descending: true }))).toEqual(['ada9', 'ada10', 'bob', 'unknown'])
    expect(logins(inOrder(rows, { key: 'createdAt', descending: false }))).toEqual(['bob', 'ada9', 'ada10', 'unknown'])
  })

  it('goes by how somebody is tied, then by the mark, from whom one looks for to whom one knows; who has neither is last', () => {
    const known: Record<string, Known> = {
      wave: { origin: 'wave', verdict: null },
      marked: { origin: 'wave', verdict: 'suspicious' },
      raid: { origin: 'raid', verdict: null },
      alone: { origin: 'organic', verdict: null },
      odd: { origin: null, verdict: 'suspicious' },
      friend: { origin: null, verdict: 'people' },
    }
    const about = (id: string): Known => known[id] ?? { origin: null, verdict: null }
    const regular = { regular: true }
    const tied = [
      row('neither'), row('raid'), row('friend', regular), row('wave'), row('odd'), row('regular', regular), row('marked'), row('alone'),
    ]
    const order = ['marked', 'wave', 'raid', 'alone', 'odd', 'regular', 'friend']
    expect(logins(inOrder(tied, { key: 'tie', descending: true }, about))).toEqual([...order, 'neither'])
    expect(logins(inOrder(tied, { key: 'tie', descending: false }, about))).toEqual([...order.reverse(), 'neither'])
    expect(logins(inOrder(tied, { key: 'tie', descending: true })).slice(0, 2)).toEqual(['friend', 'regular'])
  })

  it('leaves what it was given as it was', () => {
    inOrder(rows, { key: 'login', descending: true })
    expect(logins(rows)).toEqual(['bob', 'unknown', 'ada10', 'ada9'])
  })

  it('turns round when pressed again, and begins with what one looks for', () => {
    expect(pressed({ key: 'captures', descending: true }, 'captures').descending).toBe(false)
    expect(pressed({ key: 'login', descending: false }, 'captures').descending).toBe(true)
    expect(pressed({ key: 'captures', descending: true }, 'login').descending).toBe(false)
  })
})

it('matches login and shown name', () => {
  const rows = [row('ada', { displayName: 'アダ' }), row('bob')]
  expect(logins(matching(rows, ' AD '))).toEqual(['ada'])
  expect(logins(matching(rows, 'ダ'))).toEqual(['ada'])
  expect(matching(rows, '')).toBe(rows)
})

it('counts as picked only what the filter leaves in sight', () => {
  const rows = ['ada', 'bob', 'bea'].map((login) => row(login))
  const picked = new Set(['ada', 'bea', 'gone'].map(accountId))
  expect(logins(pickedInSight(rows, '', picked))).toEqual(['ada', 'bea'])
  expect(logins(pickedInSight(rows, 'b', picked))).toEqual(['bea'])
})

it('takes what lies between two rows, in either direction', () => {
  const rows = ['a', 'b', 'c', 'd'].map((login) => row(login))
  expect(between(rows, 1, 2)).toEqual(['b', 'c'])
  expect(between(rows, 3, 1)).toEqual(['b', 'c', 'd'])
})

it('writes a line to ban each', () => {
  expect(banLines([row('ada'), row('bob')])).toBe('/ban ada\n/ban bob')
})

it('finds whom a range of days stands for, its last day included', () => {
  const rows = ['2025-05-11T23:59:59Z', '2025-05-12T00:00:00Z', '2025-05-13T23:59:59Z', '2025-05-14T00:00:00Z'].map((time, i) =>
    row(`v${i}`, { createdAt: new Date(time) }),
  )
  const found = createdBetween([...rows, row('unknown', { createdAt: null })], '2025-05-12', '2025-05-13')
  expect(logins(found)).toEqual(['v1', 'v2'])
})

it('writes CSV that a spreadsheet reads and does not run', () => {
  const text = csvOf([row('ada', { displayName: '=1+1', createdAt: null }), row('bob', { displayName: 'B"ob, eh' })], (id) =>
    id === 'ada' ? 'suspicious' : null,
  )
  const lines = text.split('\r\n')
  expect(lines).toHaveLength(4)
  expect(lines[1]).toBe("ada,ada,'=1+1,,1970-01-01T00:00:00.000Z,1970-01-01T00:00:00.000Z,1,false,suspicious")
  expect(lines[2]).toContain('"B""ob, eh"')
})

it('writes no verdicts where none are known', () => {
  const [head, line] = csvOf([row('ada')]).split('\r\n')
  expect(head).toMatch(/,regular$/)
  expect(line).toMatch(/,1,false$/)
})
