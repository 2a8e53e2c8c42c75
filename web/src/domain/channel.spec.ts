import { expect, it } from 'vitest'

import { gapsIn, inReadingOrder, withViewers, type Channel } from './channel'
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

it('keeps the order while the same channels are live, and sorts anew when one more is, or one less', () => {
  const before = [channel('huge', { live: live(9_000) }), channel('big', { live: live(900) }), channel('ana')]
  const logins = (now: Channel[]) => inReadingOrder(now, before).map((one) => one.login)
  const grown = [channel('ana'), channel('big', { live: live(9_001) }), channel('huge', { live: live(8_999) })]
  expect(logins(grown)).toEqual(['huge', 'big', 'ana'])
  expect(inReadingOrder(grown, before)[1]?.live?.viewers).toBe(9_001)
  expect(logins([...grown.slice(1), channel('ana', { live: live(2) })])).toEqual(['big', 'huge', 'ana'])
  expect(logins(grown.slice(1))).toEqual(['big', 'huge'])
})

it('takes in new counts of viewers, of channels that are live', () => {
  const list = { channels: [channel('big', { live: live(900) }), channel('ana')], stale: false }
  const told = new Map([
    [channelId('big'), 910],
    [channelId('ana'), 4],
  ])
  expect(withViewers(list, told).channels.map((one) => one.live?.viewers)).toEqual([910, undefined])
  expect(withViewers(list, new Map()).channels[0]).toBe(list.channels[0])
})

it('knows of gaps from the capture before to the one after, and to the end when none follows', () => {
  const at = (minute: number) => new Date(minute * 60_000)
  const course = (...counts: (number | null)[]) => counts.map((chatters, i) => ({ at: at(5 * i), chatters }))
  expect(gapsIn(course(4, null, null, 6, 7, null, 5, null))).toEqual([
    { from: at(0), to: at(15) },
    { from: at(20), to: at(30) },
    { from: at(30), to: at(35) },
  ])
  expect(gapsIn(course(null, 6))).toEqual([{ from: at(0), to: at(5) }])
  expect(gapsIn(course(4, 0, 6))).toEqual([])
  expect(gapsIn([])).toEqual([])
})
