/** Every question the page asks the API, each kept and shared by TanStack Query. */
import { keepPreviousData, queryOptions, useMutation, useQuery } from '@tanstack/vue-query'
import { computed, type Ref } from 'vue'

import { fetchAbout, fetchChannels, fetchMe, fetchSession, fetchSessions, fetchSummary, startCaptures } from '@/api/client'
import type { ChannelId, SessionUuid } from '@/domain/ids'

import { keys } from './keys'
import { useLive } from './useLive'

export const channelsQuery = queryOptions({ queryKey: keys.channels, queryFn: ({ signal }) => fetchChannels(signal) })

export const sessionQuery = (uuid: SessionUuid) =>
  queryOptions({ queryKey: keys.session(uuid), queryFn: ({ signal }) => fetchSession(uuid, signal) })

export const summaryQuery = (uuid: SessionUuid, channels: readonly ChannelId[]) =>
  queryOptions({ queryKey: keys.summary(uuid, channels), queryFn: ({ signal }) => fetchSummary(uuid, channels, signal) })

/** How long things are kept here; it does not change while a page is open. */
export const aboutQuery = queryOptions({ queryKey: ['about'], queryFn: ({ signal }) => fetchAbout(signal), staleTime: Infinity })

export const useAbout = () => useQuery(aboutQuery)

/** Who is signed in, as far as is known: the router asks before a page that needs it, and `useSignedIn` after; this only looks. */
export const useMe = () =>
  useQuery({ queryKey: keys.me, queryFn: ({ signal }) => fetchMe(signal), enabled: false, staleTime: Infinity })

/**
 * Whose moderator one is changes without an event. The server ends each event stream after half an hour, and all that is
 * shown is asked again when it is open anew: these too, which also keeps the events coming.
 */
export const useChannels = () => useQuery(channelsQuery)

export const useSessions = () => useQuery({ queryKey: keys.sessions, queryFn: ({ signal }) => fetchSessions(signal) })

export const useSession = (uuid: Ref<SessionUuid>) => useQuery(computed(() => sessionQuery(uuid.value)))

/** While a filter changes, the former answer stays in sight. */
export const useSummary = (uuid: Ref<SessionUuid>, channels: Ref<readonly ChannelId[]>) =>
  useQuery(computed(() => ({ ...summaryQuery(uuid.value, channels.value), placeholderData: keepPreviousData })))

export function useStartCaptures() {
  const live = useLive()
  return useMutation({
    mutationFn: (channels: readonly ChannelId[]) => startCaptures(channels),
    onSuccess: ({ session, started }) => live.follow(session, started),
  })
}
