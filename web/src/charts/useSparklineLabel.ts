import { computed, type ComputedRef, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'

import { useFormat } from '@/composables/useFormat'

/** What a sparkline says, in words. */
export function useSparklineLabel(values: Readonly<Ref<readonly (number | null)[]>>): ComputedRef<string> {
  const { t } = useI18n()
  const { number } = useFormat()
  return computed(() => {
    const known = values.value.filter((value) => value !== null)
    const last = known.at(-1)
    if (last === undefined) return t('charts.nothing')
    return t('charts.sparkline', {
      last: number(last),
      least: number(Math.min(...known)),
      most: number(Math.max(...known)),
    })
  })
}
