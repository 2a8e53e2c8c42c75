import { computed, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'

import { breathe } from '@/domain/idle'
import { i18n } from '@/locales'

import { useTimeZone } from './useTimeZone'

/** Formatters are dear to build and the same for everybody. */
const formatters = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat | Intl.RelativeTimeFormat>()

function kept<T extends Intl.NumberFormat | Intl.DateTimeFormat | Intl.RelativeTimeFormat>(key: string, build: () => T): T {
  const found = formatters.get(key) as T | undefined
  if (found) return found
  const built = build()
  formatters.set(key, built)
  return built
}

const STEPS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
]

/** How long ago, in the largest unit that says something; null below a minute. */
export function ago(locale: string, then: Date, now: Date): string | null {
  const format = kept(`ago ${locale}`, () => new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }))
  const seconds = (then.getTime() - now.getTime()) / 1_000
  for (const [unit, size] of STEPS) {
    if (Math.abs(seconds) >= size) return format.format(Math.trunc(seconds / size), unit)
  }
  return null
}

const AGES: readonly [Intl.RelativeTimeFormatUnit & ('year' | 'month' | 'day' | 'hour'), number][] = [
  ['year', 365.25 * 86_400],
  ['month', 30.44 * 86_400],
  ['day', 86_400],
  ['hour', 3_600],
]

/** How old something is, in the largest whole unit: "3 years", "5 days". */
export function age(locale: string, since: Date, now: Date): string {
  const seconds = Math.max(0, (now.getTime() - since.getTime()) / 1_000)
  const [unit, size] = AGES.find(([, one]) => seconds >= one) ?? ['hour', 3_600]
  const format = kept(`age ${unit} ${locale}`, () => new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' }))
  return format.format(Math.floor(seconds / size))
}

export function timeZoneName(locale: string, zone?: string): string {
  const format = kept(`zone ${locale} ${zone}`, () => new Intl.DateTimeFormat(locale, { timeZoneName: 'longGeneric', timeZone: zone }))
  const name = format.formatToParts(new Date()).find((part) => part.type === 'timeZoneName')
  return name?.value ?? 'UTC'
}

/** The page's language as the reader's own region writes it: English dates differ between regions. */
export const regional = (locale: string, languages: readonly string[]): string =>
  languages.find((language) => language.toLowerCase().startsWith(`${locale}-`)) ?? locale

function formatsOf(language: Readonly<Ref<string>>, justNow: () => string) {
  const { timeZone } = useTimeZone()
  const locale = computed(() => regional(language.value, navigator.languages))
  const date = (key: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
    kept(
      `date ${key} ${locale.value} ${timeZone.value}`,
      () => new Intl.DateTimeFormat(locale.value, { timeZone: timeZone.value, ...options }),
    )

  return {
    number: (value: number): string => kept(`number ${locale.value}`, () => new Intl.NumberFormat(locale.value)).format(value),
    /** Rounded down, so that 100 % is said only of all; below 10 % with one decimal. */
    percent: (share: number): string =>
      kept(
        `percent ${locale.value}`,
        () => new Intl.NumberFormat(locale.value, { style: 'percent', maximumFractionDigits: 1 }),
      ).format(share < 0.1 ? Math.floor(share * 1_000) / 1_000 : Math.floor(share * 100) / 100),
    dateTime: (value: Date): string => date('dateTime', { dateStyle: 'medium', timeStyle: 'short' }).format(value),
    /** From one time to another, saying only once what both share. */
    span: (from: Date, to: Date): string =>
      date('dateTime', { dateStyle: 'medium', timeStyle: 'short' }).formatRange(from, to),
    time: (value: Date): string => date('time', { timeStyle: 'short' }).format(value),
    date: (value: Date): string => date('date', { dateStyle: 'long' }).format(value),
    /** A calendar day that came as `2025-05-12`: the same day everywhere. */
    day: (day: string): string =>
      date('day', { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(`${day}T00:00:00Z`)),
    shortDay: (value: Date): string => date('shortDay', { dateStyle: 'medium', timeZone: 'UTC' }).format(value),
    /** The month of a calendar day, short. */
    month: (day: string): string =>
      date('month', { month: 'short', year: '2-digit', timeZone: 'UTC' }).format(new Date(`${day}T00:00:00Z`)),
    age: (since: Date, now: Date): string => age(locale.value, since, now),
    ago: (then: Date, now: Date): string => ago(locale.value, then, now) ?? justNow(),
    zone: computed(() => timeZoneName(locale.value, timeZone.value)),
  }
}

/** Numbers and times as the reader's language and time zone write them. */
export function useFormat() {
  const { locale, t } = useI18n()
  return formatsOf(locale, () => t('time.justNow'))
}

/** Makes what nearly every page writes with, piece by piece, while its answers are on their way. */
export async function warmUp(): Promise<void> {
  const format = formatsOf(i18n.global.locale, () => '')
  const now = new Date()
  const uses = [() => format.number(0), () => format.dateTime(now), () => format.zone.value, () => format.ago(new Date(0), now), () => format.time(now)]
  for (const use of uses) {
    await breathe()
    use()
  }
}
