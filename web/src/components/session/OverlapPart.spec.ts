import { expect, it, vi } from 'vitest'

import { channelId, sessionUuid } from '@/domain/ids'
import { answer } from '@/testing/answers'
import { mountInPage } from '@/testing/mount'
import { plain } from '@/testing/samples'

import OverlapPart from './OverlapPart.vue'

const coverage = { captures: 3, gaps: 0, first_captured_at: null, last_captured_at: null }
const channel = (id: string, distinct_accounts: number) => ({ id, login: `c${id}`, display_name: `C${id}`, captures: 1, distinct_accounts })
const pair = (a: string, b: string, common: number) => ({ a, b, common, jaccard: 0.1 })
const all = { coverage, channels: [channel('1', 9), channel('2', 8), channel('3', 7)], pairs: [pair('1', '2', 4), pair('1', '3', 3), pair('2', '3', 2)] }
const path = 'GET /api/v1/sessions/s/overlap'
const subject = (...channels: string[]) => ({ kind: 'session', id: sessionUuid('s'), channels: channels.map(channelId) })

it('is of the channels that the filter names, of which it takes two', async () => {
  answer({
    [path]: { body: all },
    [`${path}?channel=1&channel=2`]: { body: { coverage, channels: all.channels.slice(0, 2), pairs: all.pairs.slice(0, 1) } },
    [`${path}?channel=3`]: { body: { coverage, channels: all.channels.slice(2), pairs: [] } },
  })
  const { wrapper } = await mountInPage(OverlapPart, { props: { subject: subject() } })
  const heads = () => wrapper.findAll('tbody th').map((one) => one.text())
  await vi.waitFor(() => expect(heads()).toEqual(['C1', 'C2', 'C3']))
  await wrapper.setProps({ subject: subject('1', '2') })
  // The former one is in sight until the other is there, and says so.
  expect(wrapper.get('[aria-busy]').attributes('aria-busy')).toBe('true')
  await vi.waitFor(() => expect(heads()).toEqual(['C1', 'C2']))
  await wrapper.setProps({ subject: subject('3') })
  await vi.waitFor(() => expect(plain(wrapper.text())).toContain('Il faut au moins deux chaînes'))
  expect(wrapper.find('table').exists()).toBe(false)
})
