/** In which zone times are written: the browser's, unless the reader chose another. */
import { computed, readonly, ref } from 'vue'

const KEY = 'time-zone'

const own = (): string => new Intl.DateTimeFormat().resolvedOptions().timeZone

/** A zone that this browser can write; a stored one may come from another version of it. */
function known(zone: string | null): string | null {
  if (!zone) return null
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone
  } catch {
    return null
  }
}

function recalled(): string | null {
  try {
    return known(localStorage.getItem(KEY))
  } catch {
    return null
  }
}

const chosen = ref<string | null>(recalled())
const timeZone = computed(() => chosen.value ?? own())

function decide(zone: string | null): void {
  chosen.value = known(zone)
  try {
    if (chosen.value) localStorage.setItem(KEY, chosen.value)
    else localStorage.removeItem(KEY)
  } catch {
    // Storage is refused: the choice lasts as long as the page.
  }
}

/** Zones to choose from; a few where the browser does not list its own. */
export const zones = (): string[] => [...new Set([...Intl.supportedValuesOf('timeZone'), own(), 'UTC'])].sort()

export const useTimeZone = () => ({ timeZone, chosen: readonly(chosen), own, decide })
