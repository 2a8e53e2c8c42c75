import { useI18n } from 'vue-i18n'

import { useFormat } from './useFormat'
import { useToasts } from './useToasts'

/** Puts lines into the clipboard, and says how many or that the browser refused. */
export function useCopy() {
  const { t } = useI18n()
  const { number } = useFormat()
  const { say } = useToasts()
  return async (text: string, lines: number): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text)
      say({ tone: 'plain', text: t('cohort.copied', { count: number(lines) }, lines) })
    } catch {
      say({ tone: 'error', text: t('session.copyFailed') })
    }
  }
}
