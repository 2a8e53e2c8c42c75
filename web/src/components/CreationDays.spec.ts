import { describe, expect, it, vi } from 'vitest'

import { sessionUuid } from '@/domain/ids'
import { answer } from '@/testing/answers'
import { mountInPage } from '@/testing/mount'
import { plain } from '@/testing/samples'

import CreationDays from './CreationDays.vue'

const subject = { kind: 'session', id: sessionUuid('s') }
const days = [
  { day: '2025-05-12', accounts: 87, logins: ['ada', 'bob'] },
  { day: '2020-04-18', accounts: 1, logins: ['eve'] },
]

describe('CreationDays', () => {
  it('says day, count and share, and how many logins are not shown', async () => {
    const { wrapper } = await mountInPage(CreationDays, { props: { subject, days, known: 4_098 } })
    const [first, second] = wrapper.findAll('ol > li').map((item) => plain(item.text()))
    expect(first).toContain('12 mai 2025')
    expect(first).toContain('87 comptes')
    expect(first).toContain('2,1 %')
    expect(first).toContain('et 85 autres, non affichés')
    expect(second).toContain('1 compte')
    expect(second).not.toContain('non affich')
  })

  it('draws bars in proportion to the largest', async () => {
    const { wrapper } = await mountInPage(CreationDays, { props: { subject, days, known: 4_098 } })
    const widths = wrapper.findAll('.bar > span').map((bar) => parseFloat((bar.element as HTMLElement).style.width))
    expect(widths[0]).toBe(100)
    expect(widths[1]).toBeCloseTo(1.15, 1)
  })

  it('copies logins, one a line', async () => {
    const writeText = vi.fn(() => Promise.resolve())
    vi.spyOn(navigator, 'clipboard', 'get').mockReturnValue({ writeText } as unknown as Clipboard)
    const { wrapper } = await mountInPage(CreationDays, { props: { subject, days, known: 4_098 } })
    await wrapper.get('button').trigger('click')
    expect(writeText).toHaveBeenCalledWith('ada\nbob')
  })

  it('leads to the accounts of a day that is opened, as far as it is known whose the logins are', async () => {
    const at = '2026-11-23T10:00:00Z'
    const ada = { twitch_id: '7', login: 'ada', display_name: 'Ada', created_at: '2025-05-12T10:00:00Z', captures: 1, first_seen_at: at, last_seen_at: at, broadcasts: 1, regular: false }
    const asked = answer({
      'GET /api/v1/sessions/s/accounts?limit=10000&created_from=2025-05-12T00%3A00%3A00.000Z&created_to=2025-05-13T00%3A00%3A00.000Z': {
        body: { coverage: { captures: 1, gaps: 0, first_captured_at: at, last_captured_at: at }, accounts: 1, people: [ada], next_cursor: null },
      },
    })
    const { wrapper } = await mountInPage(CreationDays, { props: { subject, days, known: 4_098 } })
    expect(wrapper.find('li a').exists()).toBe(false)
    expect(asked).toHaveLength(0)
    await wrapper.get('details').trigger('toggle', { newState: 'open' })
    await vi.waitFor(() => expect(wrapper.findAll('li a').map((one) => one.attributes('href'))).toEqual(['/accounts/7']))
    expect(wrapper.findAll('ul li').map((one) => one.text())).toEqual(['ada', 'bob', 'eve'])
    expect(asked).toHaveLength(1)
  })

  it('asks about a day only while it is open', async () => {
    const asked = answer({})
    const { wrapper, queries } = await mountInPage(CreationDays, { props: { subject, days, known: 4_098 } })
    await wrapper.get('details').trigger('toggle', { newState: 'open' })
    await vi.waitFor(() => expect(asked).toHaveLength(1))
    await wrapper.get('details').trigger('toggle', { newState: 'closed' })
    await queries.invalidateQueries()
    expect(asked).toHaveLength(1)
  })
})
