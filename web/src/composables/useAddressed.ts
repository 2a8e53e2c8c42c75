import { computed, type WritableComputedRef } from 'vue'
import { useRoute, useRouter } from 'vue-router'

import { oneOf } from '@/domain/address'

/** One of a few values, as it stands in the address: a link or a reload shows the same. The first is left out of it. */
export function useAddressed<T extends string>(key: string, values: readonly [T, ...T[]]): WritableComputedRef<T> {
  const route = useRoute()
  const router = useRouter()
  return computed({
    get: () => oneOf(values, route.query[key]),
    set: (value) => void router.replace({ query: { ...route.query, [key]: value === values[0] ? undefined : value } }),
  })
}
