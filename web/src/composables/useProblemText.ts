import { useI18n } from 'vue-i18n'

import { ApiProblem } from '@/api/problem'
import type { JobFailure } from '@/domain/job'

/** Codes of which one need know no more than that the address, or this page, asked for what there is not. */
const MISUNDERSTOOD = /_invalid$|^parameter_|^range_inverted$|^(route|page)_not_found$|^method_not_allowed$/

/** Where the words for a code are, in the locales under `problem`; null when there are none. */
export function wordsFor(code: string, has: (key: string) => boolean): string | null {
  if (has(code)) return code
  return MISUNDERSTOOD.test(code) ? 'misunderstood' : null
}

/** Words for what went wrong, by stable code. A code that we have no words for still says what it is. */
export function useProblemText() {
  const i18n = useI18n()
  const { t } = i18n

  const byCode = (code: string, retryAfter: number | null = null): string => {
    const words = wordsFor(code, (key) => i18n.te(`problem.${key}`))
    if (words === null) return t('problem.other', { code })
    const wait = retryAfter === null ? t('problem.wait.soon') : t('problem.wait.seconds', { seconds: retryAfter })
    return t(`problem.${words}`, { wait })
  }

  return {
    byCode,
    ofError(error: unknown): string {
      return error instanceof ApiProblem ? byCode(error.code, error.retryAfter) : t('problem.page')
    },
    ofJob: (failure: JobFailure | null): string => byCode(failure?.code ?? 'unknown'),
    /** What to name when asking for help. */
    reference: (error: unknown): string | null => (error instanceof ApiProblem ? error.requestId : null),
  }
}
