import { computed, type WritableComputedRef } from 'vue'
import { useRoute, useRouter } from 'vue-router'

import type { Days } from '@/domain/histogram'

const isDay = (text: unknown): text is string => typeof text === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(text)

/** The creation dates picked, as they stand in the address: a link or a reload shows the same. */
export function usePickedDays(): WritableComputedRef<Days | null> {
  const route = useRoute()
  const router = useRouter()
  return computed({
    get: () => {
      const { from, to } = route.query
      return isDay(from) && isDay(to) && from <= to ? { from, to } : null
    },
    // Not a page of its own each: dragging over bars would fill the browser's history.
    set: (days) => {
      // Undefined leaves a part of the address out.
      void router.replace({ query: { ...route.query, from: days?.from, to: days?.to } })
    },
  })
}
