import { computed, onScopeDispose, shallowRef, watch, type ComputedRef, type WritableComputedRef } from 'vue'
import { useRoute } from 'vue-router'

import type { Days } from '@/domain/histogram'

import { useRewrite } from './useRewrite'

/** Milliseconds that a hand rests before its pick counts: browsers refuse to rewrite an address at every bar it passes. */
const REST = 200

const isDay = (text: unknown): text is string => typeof text === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(text)

/** What was picked on a page that was left before its address said so: who comes back to that address finds it again. */
let unsaid: { readonly at: string; readonly days: Days | null } | null = null

/**
 * The creation dates picked: `days` at once, as the hand picks them; `settled` as they stand in the address, where a link or
 * a reload finds them, and as the server may be asked about them.
 */
export function usePickedDays(): { days: WritableComputedRef<Days | null>; settled: ComputedRef<Days | null> } {
  const route = useRoute()
  const { rewrite, leaving } = useRewrite()
  const settled = computed(() => {
    const { from, to } = route.query
    return isDay(from) && isDay(to) && from <= to ? { from, to } : null
  })

  /** What the address does not have yet; undefined when it has all. */
  const hand = shallowRef<Days | null>()
  let timer: ReturnType<typeof setTimeout> | undefined
  // Whatever the address comes to say is newer than the hand.
  watch([() => route.path, () => settled.value?.from, () => settled.value?.to], () => {
    clearTimeout(timer)
    hand.value = undefined
  }, { flush: 'sync' })
  onScopeDispose(() => clearTimeout(timer))

  function say(): void {
    if (hand.value !== undefined) void rewrite({ from: hand.value?.from, to: hand.value?.to })
  }
  function keep(): void {
    unsaid = hand.value === undefined ? null : { at: route.fullPath, days: hand.value }
  }
  function pick(picked: Days | null): void {
    hand.value = picked
    if (leaving.value) keep()
    clearTimeout(timer)
    timer = setTimeout(say, REST)
  }
  // Who stays after all has what they picked in the address, too.
  watch(leaving, (is) => (is ? keep() : say()), { flush: 'sync' })

  if (unsaid?.at === route.fullPath) {
    pick(unsaid.days)
    unsaid = null
  }

  const days = computed({ get: () => (hand.value === undefined ? settled.value : hand.value), set: pick })
  return { days, settled }
}
