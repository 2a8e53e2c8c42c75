/** Questions about a room, each kept by its subject. Nothing is asked while there is no subject. */
import { keepPreviousData, queryOptions, useQuery } from '@tanstack/vue-query'
import { computed, type Ref } from 'vue'

import { fetchCreations, fetchEvolution, fetchNewcomers, fetchRaids } from '@/api/analysis'
import type { Subject } from '@/domain/analysis'

import { keys } from './keys'

export const question = <T>(subject: Subject, name: string, ask: (subject: Subject, signal: AbortSignal) => Promise<T>) =>
  queryOptions<T>({ queryKey: keys.question(subject, name), queryFn: ({ signal }) => ask(subject, signal) })

/** The former answer stays in sight until the one about the new subject is there. */
function useQuestion<T>(
  subject: Readonly<Ref<Subject | null>>,
  name: string,
  ask: (subject: Subject, signal: AbortSignal) => Promise<T>,
) {
  const query = useQuery<T>({
    queryKey: computed(() => (subject.value ? keys.question(subject.value, name) : ['analysis', 'nothing', name])),
    queryFn: ({ signal }) => {
      if (!subject.value) throw new Error('asked about nothing')
      return ask(subject.value, signal)
    },
    enabled: computed(() => subject.value !== null),
    placeholderData: keepPreviousData,
  })
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
