import type { QueryClient } from '@tanstack/vue-query'
import type { RouteLocationNormalized } from 'vue-router'

import { fetchCreations, fetchEvolution, fetchRaids } from '@/api/analysis'
import { channelsIn } from '@/domain/address'
import { chosenOf, subjectOf } from '@/domain/analysis'
import type { Channel } from '@/domain/channel'
import { sessionUuid, type ChannelId, type SessionUuid } from '@/domain/ids'

import { question } from './analysis'
import { streamsQuery } from './channelQueries'
import { aboutQuery, channelsQuery, sessionQuery, summaryQuery } from './queries'

/** What the channel's page says first: its answers are as long on their way as the page is in the making. */
async function askAboutRoom(queries: QueryClient, channel: Channel, wanted: string | null): Promise<void> {
  const streams = await queries.query(streamsQuery(channel.id))
  const { stream } = chosenOf(streams.filter(({ captures }) => captures > 0), wanted)
  const subject = subjectOf(stream, channel)
  if (!subject) return
  await Promise.all([
    queries.query(question(subject, 'evolution', fetchEvolution)),
    queries.query(question(subject, 'creations', fetchCreations)),
    queries.query(question(subject, 'raids', fetchRaids)),
  ])
}

/** A session's first figures and its first picture, of the channels that the address names. */
async function askAboutSession(queries: QueryClient, id: SessionUuid, channels: readonly ChannelId[]): Promise<void> {
  await Promise.all([
    queries.query(sessionQuery(id)),
    queries.query(summaryQuery(id, channels)),
    queries.query(question({ kind: 'session', id, channels }, 'evolution', fetchEvolution)),
  ])
}

/** What a page asks first, asked while its code is read. Rejects when something fails: the page asks again by itself. */
export async function askAhead(queries: QueryClient, { name, params, query }: RouteLocationNormalized): Promise<void> {
  if (name === 'channels') await queries.query(channelsQuery)
  if (name === 'settings') await queries.query(aboutQuery)
  if (name === 'channel' && typeof params.login === 'string') {
    const login = params.login.toLowerCase()
    const { channels } = await queries.query(channelsQuery)
    const channel = channels.find((one) => one.login === login)
    if (channel) await askAboutRoom(queries, channel, typeof query.stream === 'string' ? query.stream : null)
  }
  if (name === 'session' && typeof params.uuid === 'string') {
    await askAboutSession(queries, sessionUuid(params.uuid), channelsIn(query))
  }
}
