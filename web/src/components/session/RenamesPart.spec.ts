import { expect, it, vi } from 'vitest'

import { sessionUuid } from '@/domain/ids'
import { answer } from '@/testing/answers'
import { mountInPage } from '@/testing/mount'

import RenamesPart from './RenamesPart.vue'

const at = '2026-11-23T10:00:00Z'
const page = (id: string, next_cursor: string | null) => ({
  body: {
    accounts: 2,
    people: [{ twitch_id: id, login: `p${id}`, display_name: `P${id}`, created_at: null, names: [{ login: `old${id}`, display_name: `old${id}`, replaced_at: at }] }],
    next_cursor,
  },
})

it('gives the focus to the name above when the button goes with the last ones', async () => {
  answer({
    'GET /api/v1/sessions/s/renames?limit=100': page('1', 'next'),
    'GET /api/v1/sessions/s/renames?limit=100&cursor=next': page('2', null),
  })
  const { wrapper } = await mountInPage(RenamesPart, { props: { subject: { kind: 'session', id: sessionUuid('s') } } })
  await vi.waitFor(() => expect(wrapper.find('.foot button').exists()).toBe(true))
  const more = wrapper.get<HTMLElement>('.foot button')
  more.element.focus()
  await more.trigger('click')
  await vi.waitFor(() => expect(wrapper.find('.foot button').exists()).toBe(false))
  expect(wrapper.findAll('ul li')).toHaveLength(2)
  expect(document.activeElement?.getAttribute('href')).toBe('/accounts/1')
})
