import { computed, type ComputedRef, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'

import { useFormat } from '@/composables/useFormat'
import { gapsIn, type CoursePoint } from '@/domain/channel'

/** What a sparkline says, in words. */
export function useSparklineLabel(course: Readonly<Ref<readonly CoursePoint[]>>): ComputedRef<string> {
  const { t } = useI18n()
  const { number, span } = useFormat()
  return computed(() => {
    const points = course.value
    const known = points.map(({ chatters }) => chatters).filter((chatters) => chatters !== null)
    const [last, from, to] = [known.at(-1), points[0], points.at(-1)]
    if (last === undefined || !from || !to) return t('charts.nothing')
    const words = t('charts.sparkline', {
      last: number(last),
      least: number(Math.min(...known)),
      most: number(Math.max(...known)),
      when: span(from.at, to.at),
    })
    const gaps = gapsIn(points).length
    return gaps === 0 ? words : t('charts.sparklineGaps', { course: words, gaps: number(gaps) }, gaps)
  })
}
