import { nextTick, shallowRef, watch, type ShallowRef } from 'vue'

import { useTheme } from '@/composables/useTheme'

export interface ChartColors {
  readonly text: string
  readonly quiet: string
  readonly line: string
  readonly bar: string
  readonly accent: string
  readonly accentSoft: string
  readonly surface: string
  readonly font: string
}

/** The style sheet's colours, for what is drawn on a canvas; anew when the theme changes. */
export function useChartColors(): Readonly<ShallowRef<ChartColors>> {
  function read(): ChartColors {
    const style = getComputedStyle(document.documentElement)
    const get = (name: string) => style.getPropertyValue(name).trim()
    const triple = (name: string, alpha = 1) => `rgba(${get(name)}, ${alpha})`
    return {
      text: triple('--v-theme-on-background'),
      quiet: get('--text-2'),
      line: get('--line'),
      bar: get('--bar'),
      accent: triple('--v-theme-primary'),
      accentSoft: triple('--v-theme-primary', 0.14),
      surface: triple('--v-theme-surface-bright'),
      font: get('--font'),
    }
  }
  const colors = shallowRef(read())
  watch(useTheme().theme, () => void nextTick(() => (colors.value = read())))
  return colors
}
