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
    return {
      text: get('--text'),
      quiet: get('--text-2'),
      line: get('--line'),
      bar: get('--bar'),
      accent: get('--accent'),
      accentSoft: get('--accent-soft'),
      surface: get('--raised'),
      font: get('--font'),
    }
  }
  const colors = shallowRef(read())
  watch(useTheme().theme, () => void nextTick(() => (colors.value = read())))
  return colors
}
