import { onScopeDispose, readonly, ref, type Ref } from 'vue'

const now = ref(new Date())
let users = 0
let timer: ReturnType<typeof setInterval> | undefined

/** The time, to about fifteen seconds: enough for "3 minutes ago", and one timer for the whole page. */
export function useNow(): Readonly<Ref<Date>> {
  // Only the first: whoever came later would have all the others told anew.
  if (users === 0) {
    now.value = new Date()
    timer = setInterval(() => (now.value = new Date()), 15_000)
  }
  users += 1
  onScopeDispose(() => {
    users -= 1
    if (users === 0) clearInterval(timer)
  })
  return readonly(now)
}
