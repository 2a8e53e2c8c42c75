/** Questions about people over time, each kept by its subject and filter; long lists page by page. */
import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, type Ref } from 'vue'

import { fetchStreams } from '@/api/channel'
import {
  fetchAccount,
  fetchCaptures,
  fetchComparison,
  fetchNewcomerPage,
  fetchOverlap,
  fetchParticipation,
  fetchRenames,
  fetchRetention,
  judgeAccount,
} from '@/api/people'
import type { SessionSubject, Subject, Verdict } from '@/domain/analysis'
import { sideText, type ListName, type Side } from '@/domain/comparison'
import type { AccountId, ChannelId } from '@/domain/ids'
import type { Account, ParticipantList } from '@/domain/people'

import { keys } from './keys'

type Reads<T> = Readonly<Ref<T>>
interface Paged {
  readonly next: string | null
}

/** A list that goes on: its pages, and how to get the next one. */
function usePages<T extends Paged>(
  key: Reads<readonly unknown[]>,
  ask: (cursor: string | null, signal: AbortSignal) => Promise<T>,
) {
  return useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => ask(pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last: T) => last.next,
    placeholderData: keepPreviousData,
  })
}

export const useNewcomerPages = (subject: Reads<Subject>) =>
  usePages(
    computed(() => keys.question(subject.value, 'newcomers', 'pages')),
    (cursor, signal) => fetchNewcomerPage(subject.value, cursor, signal),
  )

export const useParticipation = (subject: Reads<Subject>, list: Reads<ParticipantList>) =>
  usePages(
    computed(() => keys.question(subject.value, 'participation', list.value)),
    (cursor, signal) => fetchParticipation(subject.value, list.value, cursor, signal),
  )

export const useRenames = (subject: Reads<Subject>) =>
  usePages(
    computed(() => keys.question(subject.value, 'renames')),
    (cursor, signal) => fetchRenames(subject.value, cursor, signal),
  )

export const useRetention = (subject: Reads<Subject>) =>
  useQuery({
    queryKey: computed(() => keys.question(subject.value, 'retention')),
    queryFn: ({ signal }) => fetchRetention(subject.value, signal),
    placeholderData: keepPreviousData,
  })

export const useOverlap = (session: Reads<SessionSubject>) =>
  useQuery({
    queryKey: computed(() => keys.question(session.value, 'overlap')),
    queryFn: ({ signal }) => fetchOverlap(session.value, signal),
    placeholderData: keepPreviousData,
  })

export const useComparison = (a: Reads<Side>, b: Reads<Side>, list: Reads<ListName>) =>
  usePages(
    computed(() => [...keys.analysis, 'compare', sideText(a.value), sideText(b.value), list.value]),
    (cursor, signal) => fetchComparison(a.value, b.value, list.value, cursor, signal),
  )

export const useAccount = (id: Reads<AccountId>) =>
  useQuery({
    queryKey: computed(() => [...keys.analysis, 'account', id.value]),
    queryFn: ({ signal }) => fetchAccount(id.value, signal),
  })

/** A verdict is shown at once, and taken back if the server refuses. */
export function useVerdict() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (one: { account: AccountId; channel: ChannelId; verdict: Verdict | null }) =>
      judgeAccount(one.account, one.channel, one.verdict),
    onMutate: async ({ account, channel, verdict }) => {
      const key = [...keys.analysis, 'account', account]
      await queries.cancelQueries({ queryKey: key })
      const before = queries.getQueryData<Account>(key)
      queries.setQueryData<Account>(
        key,
        before && {
          ...before,
          presences: before.presences.map((one) => (one.channel === channel ? { ...one, verdict } : one)),
        },
      )
      return { key, before }
    },
    onError: (_error, _one, context) => {
      if (context) queries.setQueryData(context.key, context.before)
    },
    onSettled: (_data, _error, { account, channel }) =>
      Promise.all([
        queries.invalidateQueries({ queryKey: [...keys.analysis, 'account', account] }),
        queries.invalidateQueries({ queryKey: keys.verdicts(channel) }),
      ]),
  })
}

export const useCaptureChoices = (channel: Reads<ChannelId | null>) =>
  useQuery({
    queryKey: computed(() => [...keys.analysis, 'captures', channel.value]),
    queryFn: ({ signal }) => (channel.value ? fetchCaptures(channel.value, signal) : []),
    enabled: computed(() => channel.value !== null),
  })

export const useStreamChoices = (channel: Reads<ChannelId | null>) =>
  useQuery({
    queryKey: computed(() => [...keys.analysis, 'channel', channel.value, 'streams']),
    queryFn: ({ signal }) => (channel.value ? fetchStreams(channel.value, signal) : []),
    enabled: computed(() => channel.value !== null),
  })
