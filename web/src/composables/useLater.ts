import { shallowRef, watch, type Ref } from 'vue'

import { breathe } from '@/domain/idle'

/** What `source` holds, one breath later: to draw it is then no part of the work that brought it. */
export function useLater<T>(source: Readonly<Ref<T>>): Readonly<Ref<T>> {
  const later: Ref<T> = shallowRef<T>(source.value)
  watch(source, async (now) => {
    await breathe()
    if (source.value === now) later.value = now
  })
  return later
}
