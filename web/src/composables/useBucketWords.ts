import { useI18n } from 'vue-i18n'

import type { Bucket } from '@/domain/people'

import { useFormat } from './useFormat'

/** Ranges that nobody falls into are left out behind the last one that somebody does. */
export function trimmed(buckets: readonly Bucket[]): readonly Bucket[] {
  return buckets.slice(0, buckets.findLastIndex((bucket) => bucket.accounts > 0) + 1)
}

/** Ranges of captures and of minutes as one says them. */
export function useBucketWords() {
  const { t } = useI18n()
  const { number } = useFormat()

  /** About so long: minutes below an hour, hours and minutes below ten of them, then hours. */
  function minutes(value: number): string {
    const [hours, rest] = [Math.floor(value / 60), value % 60]
    if (hours === 0) return t('people.min', { min: number(value) })
    if (hours >= 10 || rest === 0) return t('people.h', { h: number(hours) })
    return t('people.hMin', { h: number(hours), min: String(rest).padStart(2, '0') })
  }

  const captures = ({ from, to }: Bucket): string => {
    if (to === null) return t('people.orMore', { from: number(from) })
    return from === to ? number(from) : t('people.range', { from: number(from), to: number(to) })
  }
  const time = ({ from, to }: Bucket): string => {
    if (to === null) return t('people.orMore', { from: minutes(from) })
    return to < 1 ? t('people.underMinute') : t('people.range', { from: minutes(from), to: minutes(to + 1) })
  }

  return {
    minutes,
    captureBuckets: (buckets: readonly Bucket[]) =>
      trimmed(buckets).map((bucket) => ({ label: captures(bucket), accounts: bucket.accounts })),
    minuteBuckets: (buckets: readonly Bucket[]) =>
      trimmed(buckets).map((bucket) => ({ label: time(bucket), accounts: bucket.accounts })),
  }
}
