import type { QueryClient } from '@tanstack/vue-query'
import type { RouteLocationNormalized } from 'vue-router'

import { sessionUuid } from '@/domain/ids'

import { streamsQuery } from './channelQueries'
import { channelsQuery, sessionQuery } from './queries'

/** What a page asks first, asked while its code is read. Rejects when something fails: the page asks again by itself. */
export async function askAhead(queries: QueryClient, { name, params }: RouteLocationNormalized): Promise<void> {
  if (name === 'channels') await queries.query(channelsQuery)
  if (name === 'channel' && typeof params.login === 'string') {
    const login = params.login.toLowerCase()
    const { channels } = await queries.query(channelsQuery)
    const channel = channels.find((one) => one.login === login)
    if (channel) await queries.query(streamsQuery(channel.id))
  }
  if (name === 'session' && typeof params.uuid === 'string') await queries.query(sessionQuery(sessionUuid(params.uuid)))
}
