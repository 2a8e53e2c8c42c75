import { afterEach, describe, expect, it, vi } from 'vitest'

import { useTimeZone } from '@/composables/useTimeZone'
import { channelId, sessionUuid } from '@/domain/ids'
import { answer, problemBody } from '@/testing/answers'
import { mountInPage } from '@/testing/mount'
import { plain } from '@/testing/samples'

import RaidsPart from './RaidsPart.vue'

const coverage = { captures: 3, gaps: 0, first_captured_at: null, last_captured_at: null }
const raid = (id: string, change: object = {}) => ({
  id,
  channel_id: '1',
  from_channel_id: '9',
  from_login: 'vague',
  raided_at: `2026-11-23T1${id}:05:00Z`,
  announced: 400,
  arrived: 320,
  seen_at_source: 290,
  stayed: 1_240,
  came_back: 12,
  ...change,
})
const channels = ['1', '2'].map((id) => ({ id: channelId(id), login: `c${id}`, displayName: `C${id}` }))
const subject = (...only: string[]) => ({ kind: 'session', id: sessionUuid('s'), channels: only.map(channelId) })
const PATH = 'GET /api/v1/sessions/s/raids'

async function open(raids: object[], props: object = {}) {
  answer({ [PATH]: { body: { coverage, raids } }, [`${PATH}?channel=2`]: { body: { coverage, raids: [] } } })
  const { wrapper } = await mountInPage(RaidsPart, { props: { subject: subject(), channels: channels.slice(0, 1), ...props } })
  expect(wrapper.get('[role=status]').text()).toBe('Chargement…')
  await vi.waitFor(() => expect(wrapper.find('[aria-busy=false]').exists()).toBe(true))
  const heads = () => wrapper.findAll('thead th').map((one) => plain(one.text()))
  const rows = () => wrapper.findAll('tbody tr').map((row) => row.findAll('th, td').map((cell) => plain(cell.text())))
  return { wrapper, heads, rows }
}

describe('RaidsPart', () => {
  afterEach(() => useTimeZone().decide(null))

  it('holds what was announced against what was seen, the last raid first, in the reader’s time zone', async () => {
    useTimeZone().decide('Europe/Paris')
    const { wrapper, heads, rows } = await open([raid('0'), raid('1', { from_login: 'lumi' })])
    expect(wrapper.get('table').attributes('aria-label')).toBe('Raids')
    expect(heads()).toEqual(['Quand', 'De', 'Annoncés', 'Arrivés', 'Vus à la source', 'Restés 30 min', 'Revenus plus tard'])
    expect(rows().map((row) => row.slice(0, 2))).toEqual([['23 nov. 2026, 12:05', 'lumi'], ['23 nov. 2026, 11:05', 'vague']])
    expect(rows()[1]!.slice(1)).toEqual(['vague', '400', '320 (80 %)', '290', '1 240', '12'])
    expect(wrapper.findAll('td').every((cell) => cell.attributes('data-label') !== undefined)).toBe(true)
    expect(wrapper.text()).not.toContain('–')
  })

  it('says onto which channel where there are several', async () => {
    const { heads, rows } = await open([raid('0', { channel_id: '2' })], { channels })
    expect(heads().slice(0, 3)).toEqual(['Quand', 'De', 'Vers'])
    expect(rows()[0]![2]).toBe('C2')
  })

  it('tells a share only of those that can all have been announced', async () => {
    const { rows } = await open([raid('0', { announced: 0, arrived: 3 }), raid('1', { announced: 2, arrived: 5 })])
    expect(rows().map((row) => row[3])).toEqual(['5', '3'])
  })

  it('says what is not known, and why', async () => {
    const unknown = { arrived: null, seen_at_source: null, stayed: null, came_back: null }
    const one = await open([raid('0', unknown)])
    expect(one.rows()[0]!.slice(2)).toEqual(['400', '–', '–', '–', '–'])
    expect(plain(one.wrapper.text())).toContain('30 minutes avant le raid')
    expect(plain(one.wrapper.text())).toContain('deux raids')
    expect(plain(one.wrapper.text())).toContain('après la dernière de cette session')
    expect(plain(one.wrapper.text())).not.toContain('direct suivant')
    const other = await open([raid('0', { seen_at_source: null, stayed: undefined, came_back: null })])
    expect(other.rows()[0]!.slice(2)).toEqual(['400', '320 (80 %)', '–', '–', '–'])
    const why = other.wrapper.findAll('.why li').map((reason) => plain(reason.text()))
    expect(why).toHaveLength(3)
    expect(why[0]).toMatch(/^Vus à la source : /)
    expect(why[1]).toMatch(/^Restés 30 min : /)
    expect(why[2]).toMatch(/^Revenus plus tard : /)
  })

  it('says that there was none, of the channels that the filter names', async () => {
    const { wrapper } = await open([raid('0')])
    await wrapper.setProps({ subject: subject('2') })
    await vi.waitFor(() => expect(plain(wrapper.text())).toBe('Twitch ne nous a annoncé aucun raid pendant ces captures.'))
  })

  it('says when not all are shown', async () => {
    const { rows, wrapper } = await open(Array.from({ length: 51 }, (_, i) => raid('0', { id: String(i) })))
    expect(rows()).toHaveLength(50)
    expect(plain(wrapper.text())).toContain('Les 50 derniers raids sur 51.')
  })

  it('says what went wrong', async () => {
    answer({ [PATH]: problemBody(403, 'channel_forbidden') })
    const { wrapper } = await mountInPage(RaidsPart, { props: { subject: subject(), channels } })
    await vi.waitFor(() => expect(wrapper.get('[role=alert]').text()).toContain('Vous ne modérez pas'))
  })
})
