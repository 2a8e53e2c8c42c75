import { useI18n } from 'vue-i18n'

import { ApiProblem } from '@/api/problem'
import type { JobFailure } from '@/domain/job'

/** Words for what went wrong, by stable code. A code that we have no words for still says what it is. */
export function useProblemText() {
  const i18n = useI18n()
  const { t } = i18n

  const byCode = (code: string, retryAfter: number | null = null): string => {
    const key = `problem.${code}`
    if (!i18n.te(key)) return t('problem.other', { code })
    return t(key, { seconds: retryAfter ?? 60 }, retryAfter ?? 60)
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
