/** Questions about a room, each kept by its subject. */
import { keepPreviousData, skipToken, useQuery } from '@tanstack/vue-query'
import { computed, type Ref } from 'vue'

import { fetchCreations, fetchEvolution, fetchNewcomers, fetchRaids } from '@/api/analysis'
import type { Subject } from '@/domain/analysis'

import { keys } from './keys'

type Ask<T> = (subject: Subject, signal: AbortSignal) => Promise<T>

export const question = <T>(subject: Subject, name: string, ask: Ask<T>) => ({
  queryKey: keys.question(subject, name),
  queryFn: ({ signal }: { signal: AbortSignal }) => ask(subject, signal),
})

/** The former answer stays in sight until the one about the new subject is there; of none nothing is asked. */
function useQuestion<T>(subject: Readonly<Ref<Subject | null>>, name: string, ask: Ask<T>) {
  const nothing = { queryKey: ['analysis', 'nothing', name], queryFn: skipToken }
  const query = useQuery<T>(
    computed(() => ({
      ...(subject.value ? question(subject.value, name, ask) : nothing),
      placeholderData: keepPreviousData,
    })),
  )
  return {
    ...query,
    /** The answer, unless it is the former one, which is about something else. */
    own: computed(() => (query.isPlaceholderData.value ? undefined : query.data.value)),
  }
}

type MaySubject = Readonly<Ref<Subject | null>>

export const useEvolution = (subject: MaySubject) => useQuestion(subject, 'evolution', fetchEvolution)
export const useCreations = (subject: MaySubject) => useQuestion(subject, 'creations', fetchCreations)
export const useNewcomers = (subject: MaySubject) => useQuestion(subject, 'newcomers', fetchNewcomers)
export const useRaids = (subject: MaySubject) => useQuestion(subject, 'raids', fetchRaids)
