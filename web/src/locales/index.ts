import { createI18n } from 'vue-i18n'

import type messages from './fr.json'

export const LOCALES = ['fr', 'en'] as const
export type Locale = (typeof LOCALES)[number]
type Messages = typeof messages

const KEY = 'locale'
const loaders: Record<Locale, () => Promise<{ default: unknown }>> = {
  fr: () => import('./fr.json'),
  en: () => import('./en.json'),
}

export const i18n = createI18n({
  legacy: false,
  locale: 'fr',
  fallbackLocale: false as const,
  messages: {} as Record<Locale, Messages>,
  // In French zero is singular.
  pluralRules: { fr: (n: number) => (Math.abs(n) < 2 ? 0 : 1), en: (n: number) => (n === 1 ? 0 : 1) },
})

export const isLocale = (text: unknown): text is Locale => LOCALES.some((locale) => locale === text)

/** What the reader chose, else the first of their browser's languages that we have, else French. */
export function preferredLocale(stored: string | null, languages: readonly string[]): Locale {
  if (isLocale(stored)) return stored
  return languages.map((language) => language.slice(0, 2).toLowerCase()).find(isLocale) ?? 'fr'
}

function stored(): string | null {
  try {
    return localStorage.getItem(KEY)
  } catch {
    return null
  }
}

export async function setLocale(locale: Locale): Promise<void> {
  const { global } = i18n
  if (!global.availableLocales.includes(locale)) {
    const loaded = await loaders[locale]()
    global.setLocaleMessage(locale, loaded.default as Messages)
  }
  global.locale.value = locale
  document.documentElement.lang = locale
}

export async function chooseLocale(locale: Locale): Promise<void> {
  await setLocale(locale)
  try {
    localStorage.setItem(KEY, locale)
  } catch {
    // Storage is refused: the choice lasts as long as the page.
  }
}

export const startLocale = (): Promise<void> => setLocale(preferredLocale(stored(), navigator.languages))
