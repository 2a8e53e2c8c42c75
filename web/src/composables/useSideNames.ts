import { useI18n } from 'vue-i18n'

import type { ComparedSide, Side } from '@/domain/comparison'

import { useChannels, useSessions } from './queries'
import { useFormat } from './useFormat'
import { useSessionWords } from './useSessionWords'

/** What a compared side is called, and what it rests on. */
export function useSideNames() {
  const { t } = useI18n()
  const format = useFormat()
  const words = useSessionWords()
  const { data: sessions } = useSessions()
  const { data: list } = useChannels()

  function name(side: Side, compared: ComparedSide): string {
    const { first } = compared.coverage
    switch (side.kind) {
      case 'session': {
        const session = sessions.value?.find((one) => one.uuid === side.id)
        return session ? words.name(session) : t('compare.kinds.session')
      }
      case 'channel':
        return list.value?.channels.find((one) => one.id === side.id)?.displayName ?? t('compare.kinds.channel')
      case 'stream':
        return first ? t('compare.streamOf', { when: format.dateTime(first) }) : t('compare.kinds.stream')
      case 'capture':
        return first ? t('compare.captureOf', { when: format.dateTime(first) }) : t('compare.kinds.capture')
    }
  }

  function basis(side: Side, { accounts, coverage }: ComparedSide): string {
    const { captures, first, last } = coverage
    const what = {
      accounts: t('session.accounts', { count: format.number(accounts) }, accounts),
      captures: t('sessions.captures', { count: format.number(captures) }, captures),
    }
    // When a capture was made is its name.
    if (side.kind === 'capture' || !first || !last) return t('compare.basis', what)
    return t('compare.basisWhen', { ...what, when: format.span(first, last) })
  }

  return { name, basis }
}
