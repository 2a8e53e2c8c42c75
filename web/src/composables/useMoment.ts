import { useI18n } from 'vue-i18n'

import { useFormat } from './useFormat'
import { useNow } from './useNow'

/** Points in time inside a sentence. A time alone is read as today's: of another day its date is written, too. */
export function useMoment() {
  const { t } = useI18n()
  const { date, time, dateTime } = useFormat()
  const now = useNow()
  const isSameDay = (a: Date, b: Date): boolean => date(a) === date(b)

  return {
    /** When something was: "at 21:35", "on 12 May 2025, 21:35". */
    at: (value: Date): string =>
      isSameDay(value, now.value) ? t('time.at', { time: time(value) }) : t('time.on', { when: dateTime(value) }),
    /** After a word such as "since", or as the end of a stretch that began at `from`. */
    bare: (value: Date, from: Date = now.value): string =>
      isSameDay(value, from) ? time(value) : t('time.day', { when: dateTime(value) }),
  }
}
