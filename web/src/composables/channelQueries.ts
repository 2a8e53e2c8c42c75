/** What the channel's page asks of a channel and does to it. */
import { queryOptions, useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, watch, type Ref } from 'vue'

import { fetchAccounts } from '@/api/analysis'
import { fetchStreams, fetchVerdicts, putSchedule, putVerdicts, type WantedSchedule } from '@/api/channel'
import type { Subject, Verdict } from '@/domain/analysis'
import type { ChannelList } from '@/domain/channel'
import { dayStart, type Days } from '@/domain/histogram'
import type { AccountId, ChannelId } from '@/domain/ids'

import { keys } from './keys'

export const streamsQuery = (channel: ChannelId) =>
  queryOptions({ queryKey: keys.streams(channel), queryFn: ({ signal }) => fetchStreams(channel, signal) })

export const useStreams = (channel: Readonly<Ref<ChannelId>>) => useQuery(computed(() => streamsQuery(channel.value)))

export const useVerdicts = (channel: Readonly<Ref<ChannelId>>) =>
  useQuery({
    queryKey: computed(() => keys.verdicts(channel.value)),
    queryFn: ({ signal }) => fetchVerdicts(channel.value, signal),
  })

type Verdicts = ReadonlyMap<AccountId, Verdict>

export interface Marking {
  readonly accounts: readonly AccountId[]
  readonly verdict: Verdict | null
}

/** Marks at once what is in sight, and takes it back if the server refuses. */
export function useMark(channel: Readonly<Ref<ChannelId>>) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ accounts, verdict }: Marking) => putVerdicts(channel.value, accounts, verdict),
    onMutate: async ({ accounts, verdict }) => {
      const key = keys.verdicts(channel.value)
      await queries.cancelQueries({ queryKey: key })
      const before = queries.getQueryData<Verdicts>(key)
      const after = new Map(before)
      for (const account of accounts) {
        if (verdict) after.set(account, verdict)
        else after.delete(account)
      }
      queries.setQueryData<Verdicts>(key, after)
      return { key, before }
    },
    onError: (_error, _marking, context) => {
      if (context) queries.setQueryData(context.key, context.before)
    },
    onSettled: () => queries.invalidateQueries({ queryKey: keys.verdicts(channel.value) }),
  })
}

/** Sets or ends a channel's schedule, shown at once. */
export function useSchedule() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ channel, wanted }: { channel: ChannelId; wanted: WantedSchedule | null }) => putSchedule(channel, wanted),
    onMutate: async ({ channel, wanted }) => {
      await queries.cancelQueries({ queryKey: keys.channels })
      const before = queries.getQueryData<ChannelList>(keys.channels)
      const schedule = wanted && { ...wanted, nextAt: new Date(), pausedReason: null }
      queries.setQueryData<ChannelList>(
        keys.channels,
        (list) => list && { ...list, channels: list.channels.map((one) => (one.id === channel ? { ...one, schedule } : one)) },
      )
      return before
    },
    onError: (_error, _wanted, before) => queries.setQueryData(keys.channels, before),
    onSettled: () => queries.invalidateQueries({ queryKey: keys.channels }),
  })
}

/** A page of the browser holds so many rows without strain; of larger rooms only what was picked is asked for. */
export const MOST_ROWS = 40_000

/**
 * The accounts of a room, page after page until all are there: those created on `days` only when the room is too large
 * to hold it all. Null asks nothing.
 */
export function useAccounts(subject: Readonly<Ref<Subject | null>>, days: Readonly<Ref<Days | null>>) {
  const query = useInfiniteQuery({
    queryKey: computed(() =>
      subject.value
        ? keys.question(subject.value, 'accounts', days.value?.from ?? null, days.value?.to ?? null)
        : ['analysis', 'nothing', 'accounts'],
    ),
    queryFn: ({ pageParam, signal }) => {
      if (!subject.value) throw new Error('asked about nothing')
      const created = days.value && {
        from: new Date(dayStart(days.value.from)),
        to: new Date(dayStart(days.value.to) + 86_400_000),
      }
      return fetchAccounts(subject.value, created, pageParam, signal)
    },
    initialPageParam: null as string | null,
    getNextPageParam: (last, pages) =>
      pages.reduce((sum, page) => sum + page.rows.length, 0) < MOST_ROWS ? last.next : null,
    enabled: computed(() => subject.value !== null),
    // Comparing tens of thousands of rows with their former selves costs more than drawing the fifty in sight.
    structuralSharing: false,
  })
  watch(
    () => query.hasNextPage.value && !query.isFetching.value && !query.isError.value,
    (more) => {
      if (more) void query.fetchNextPage()
    },
    { immediate: true },
  )
  const rows = computed(() => query.data.value?.pages.flatMap((page) => page.rows) ?? [])
  const total = computed(() => query.data.value?.pages[0]?.total ?? 0)
  return {
    ...query,
    rows,
    total,
    /** Some are there, and more are on their way. */
    isComing: computed(() => query.hasNextPage.value && !query.error.value),
    /** There are more than the page holds. */
    isCut: computed(() => total.value > rows.value.length && !query.isFetching.value && !query.error.value),
  }
}
