import { useI18n } from 'vue-i18n'

import type { Session } from '@/domain/session'

import { useFormat } from './useFormat'

/** A session in words, wherever one is spoken of. */
export function useSessionWords() {
  const { t } = useI18n()
  const format = useFormat()

  const captures = (session: Session): string =>
    t('sessions.captures', { count: format.number(session.captures) }, session.captures)

  return {
    /** What it is called until somebody names it. */
    unnamed: (session: Session): string => t('sessions.unnamed', { date: format.date(session.createdAt) }),
    name: (session: Session): string => session.name ?? t('sessions.unnamed', { date: format.date(session.createdAt) }),
    captures,
    channels: (session: Session): string => session.channels.map((channel) => channel.displayName).join(', '),
    /** What would be lost with it. */
    holds: (session: Session): string =>
      session.channels.length === 0
        ? captures(session)
        : t('sessions.holds', {
            captures: captures(session),
            channels: session.channels.map((channel) => channel.displayName).join(', '),
          }),
  }
}
