import { computed, onScopeDispose, shallowRef, watch, type ComputedRef, type WritableComputedRef } from 'vue'
import { useRoute, useRouter } from 'vue-router'

import type { Days } from '@/domain/histogram'

/** Milliseconds that a hand rests before its pick counts: browsers refuse to rewrite an address at every bar it passes. */
const REST = 200

const isDay = (text: unknown): text is string => typeof text === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(text)

/**
 * The creation dates picked: `days` at once, as the hand picks them; `settled` as they stand in the address, where a link or
 * a reload finds them, and as the server may be asked about them.
 */
export function usePickedDays(): { days: WritableComputedRef<Days | null>; settled: ComputedRef<Days | null> } {
  const route = useRoute()
  const router = useRouter()
  const settled = computed(() => {
    const { from, to } = route.query
    return isDay(from) && isDay(to) && from <= to ? { from, to } : null
  })

  /** What the address does not have yet; undefined when it has all. */
  const hand = shallowRef<Days | null>()
  let timer: ReturnType<typeof setTimeout> | undefined
  // Whatever the address comes to say is newer than the hand.
  watch([() => settled.value?.from, () => settled.value?.to], () => {
    clearTimeout(timer)
    hand.value = undefined
  }, { flush: 'sync' })
  onScopeDispose(() => clearTimeout(timer))
  // Who leaves would be called back by an address that is written meanwhile.
  onScopeDispose(router.beforeEach((to) => {
    if (to.path !== route.path) clearTimeout(timer)
  }))

  const days = computed({
    get: () => (hand.value === undefined ? settled.value : hand.value),
    set: (picked) => {
      hand.value = picked
      clearTimeout(timer)
      timer = setTimeout(() => {
        // Not a page of its own each: dragging over bars would fill the browser's history. Undefined leaves a part out.
        void router.replace({ query: { ...route.query, from: picked?.from, to: picked?.to } })
      }, REST)
    },
  })
  return { days, settled }
}
