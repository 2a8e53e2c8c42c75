import { expect, it, vi } from 'vitest'

import { answer } from '@/testing/answers'
import { mountInPage } from '@/testing/mount'
import { plain } from '@/testing/samples'

import Privacy from './Privacy.vue'

const about = { 'GET /api/v1/about': { body: { session_ttl_days: 7, max_saved_sessions: 10 } } }

it('says how long things are kept here, and how to leave', async () => {
  answer(about)
  const { wrapper } = await mountInPage(Privacy, { at: '/privacy' })
  await vi.waitFor(() => expect(plain(wrapper.get('dl').text())).toContain('7 jours après sa dernière capture'))
  expect(wrapper.find('.out').exists()).toBe(true)
  expect(wrapper.find('[role=status]').exists()).toBe(false)
})

it('says to who has left that it is done, and asks nothing more', async () => {
  answer(about)
  const { wrapper } = await mountInPage(Privacy, { at: '/privacy?gone=yes' })
  expect(wrapper.get('[role=status]').text()).toContain('Tout ce qui vous concernait est supprimé')
  expect(wrapper.find('.out').exists()).toBe(false)
})
