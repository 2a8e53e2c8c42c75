import { computed, nextTick, onScopeDispose, shallowRef, type ComputedRef } from 'vue'
import { onBeforeRouteLeave, useRoute, useRouter, type LocationQueryRaw, type RouteLocationNormalized } from 'vue-router'

/**
 * Changes parts of the address of the page that one is on. While one is `leaving` it for another, that would call one back:
 * then nothing is changed, and the answer is false.
 */
export function useRewrite(): { rewrite: (parts: LocationQueryRaw) => Promise<boolean>; leaving: ComputedRef<boolean> } {
  const route = useRoute()
  const router = useRouter()

  const goal = shallowRef<RouteLocationNormalized | null>(null)
  const begin = (to: RouteLocationNormalized) => void (goal.value = to)
  // Before all other guards, the first of which waits for the server.
  onBeforeRouteLeave(begin)
  // From a page to another of its kind, nothing is left.
  onScopeDispose(router.beforeEach((to, from) => {
    if (to.path !== from.path) begin(to)
  }))
  async function end(to: RouteLocationNormalized): Promise<void> {
    // Who has arrived is not on the page that they left for as long as it takes that to go.
    await nextTick()
    if (to === goal.value) goal.value = null
  }
  onScopeDispose(router.afterEach((to) => void end(to)))
  onScopeDispose(router.onError((_error, to) => void end(to)))

  return {
    leaving: computed(() => goal.value !== null),
    rewrite: async (parts) => {
      if (goal.value) return false
      // Not a page of its own each: that would fill the browser's history. Undefined leaves a part out.
      await router.replace({ query: { ...route.query, ...parts } })
      return true
    },
  }
}
