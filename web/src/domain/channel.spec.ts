import { expect, it } from 'vitest'

import { inReadingOrder, type Channel } from './channel'
import { channelId } from './ids'

const channel = (login: string, change: Partial<Channel> = {}): Channel => ({
  id: channelId(login),
  login,
  displayName: login,
  imageUrl: null,
  role: 'moderator',
  live: null,
  lastCapture: null,
  schedule: null,
  recent: [],
  ...change,
})
const live = (viewers: number) => ({ startedAt: new Date(0), viewers, title: '' })

it('puts one’s own channel first, then live ones by viewers, then names', () => {
  const given = [
    channel('zoe'),
    channel('big', { live: live(900) }),
    channel('me', { role: 'broadcaster' }),
    channel('huge', { live: live(9_000) }),
    channel('ana'),
  ]
  expect(inReadingOrder(given).map((one) => one.login)).toEqual(['me', 'huge', 'big', 'ana', 'zoe'])
})
