import { expect, it, vi } from 'vitest'

import { sessionUuid } from '@/domain/ids'
import { answer } from '@/testing/answers'
import { mountInPage } from '@/testing/mount'
import { sampleSummary } from '@/testing/samples'

import CreationPart from './CreationPart.vue'

const coverage = { captures: 2, gaps: 0, first_captured_at: null, last_captured_at: null }
const bars = ['11', '12', '13'].map((day) => ({ start: `2025-05-${day}T00:00:00Z`, accounts: 1, usual: null }))
const created = (day: number) =>
  `GET /api/v1/sessions/s/accounts?limit=10000&created_from=2025-05-${day}T00%3A00%3A00.000Z&created_to=2025-05-${day + 1}T00%3A00%3A00.000Z`
const nobody = { body: { coverage, accounts: 0, people: [], next_cursor: null } }

it('asks who was created then once the hand has come to rest, not at each bar that it passes', async () => {
  const asked = answer({
    'GET /api/v1/sessions/s/creations?unit=day': { body: { coverage, unit: 'day', accounts: 3, enriched: 3, baseline: null, bars } },
    [created(11)]: nobody,
    [created(13)]: nobody,
  })
  const props = { subject: { kind: 'session', id: sessionUuid('s') }, channels: [], summary: sampleSummary({ topCreationDays: [] }) }
  const { wrapper } = await mountInPage(CreationPart, { props })
  await vi.waitFor(() => expect(wrapper.find('[role=listbox]').exists()).toBe(true))
  const press = (key: string) => wrapper.get('[role=listbox]').trigger('keydown', { key })
  const asks = () => asked.filter(({ path }) => path.includes('/accounts')).map(({ method, path }) => `${method} ${path}`)
  for (let i = 0; i < 3; i += 1) await press('ArrowRight')
  expect(wrapper.findAll('[aria-selected=true]')).toHaveLength(1)
  await vi.waitFor(() => expect(asks()).toEqual([created(13)]))
  for (let i = 0; i < 2; i += 1) await press('ArrowLeft')
  await vi.waitFor(() => expect(asks()).toEqual([created(13), created(11)]))
})
