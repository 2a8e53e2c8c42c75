import { computed, readonly, ref, type ComputedRef, type Ref } from 'vue'

export type Theme = 'dark' | 'light'

const KEY = 'theme'
const lightWanted = globalThis.matchMedia('(prefers-color-scheme: light)')
const system = ref<Theme>(lightWanted.matches ? 'light' : 'dark')
const chosen = ref<Theme | null>(null)
const theme = computed<Theme>(() => chosen.value ?? system.value)

function show(): void {
  // Without a choice the style sheet follows the system by itself.
  if (chosen.value) document.documentElement.dataset.theme = chosen.value
  else delete document.documentElement.dataset.theme
}

function remember(): void {
  try {
    if (chosen.value) localStorage.setItem(KEY, chosen.value)
    else localStorage.removeItem(KEY)
  } catch {
    // Storage is refused: the choice lasts as long as the page.
  }
}

function recalled(): Theme | null {
  try {
    const value = localStorage.getItem(KEY)
    return value === 'dark' || value === 'light' ? value : null
  } catch {
    return null
  }
}

/** Puts a theme in place; one that is the system's own is no choice, so that the page follows the system again. */
function choose(wanted: Theme): void {
  decide(wanted === system.value ? null : wanted)
}

/** Called once, before the page is mounted. */
export function startTheme(): void {
  chosen.value = recalled()
  show()
  lightWanted.addEventListener('change', (event) => {
    system.value = event.matches ? 'light' : 'dark'
  })
}

/** What the reader decided: null is to go with the system, whatever it is at the time. */
function decide(wanted: Theme | null): void {
  chosen.value = wanted
  show()
  remember()
}

interface UsedTheme {
  theme: ComputedRef<Theme>
  chosen: Readonly<Ref<Theme | null>>
  decide: (wanted: Theme | null) => void
  choose: (wanted: Theme) => void
  toggle: () => void
}

/** Dark, unless the system or the reader prefers light. */
export function useTheme(): UsedTheme {
  return {
    theme,
    chosen: readonly(chosen),
    decide,
    choose,
    toggle: () => choose(theme.value === 'dark' ? 'light' : 'dark'),
  }
}

/** For what draws on a canvas and must know when colours change. */
export const themeForCanvas = readonly(theme) as Readonly<Ref<Theme>>
