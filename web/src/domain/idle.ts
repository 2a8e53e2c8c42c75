/** At the latest then. */
const LIMIT = 1_000

/** Resolves when the browser has nothing more urgent to do; shortly, where it does not tell. */
export function whenIdle(): Promise<void> {
  const { requestIdleCallback } = globalThis as Partial<Pick<typeof globalThis, 'requestIdleCallback'>>
  return new Promise((resolve) => {
    if (requestIdleCallback) requestIdleCallback(() => resolve(), { timeout: LIMIT })
    else setTimeout(resolve, LIMIT / 10)
  })
}

interface Scheduler {
  yield?: () => Promise<void>
}

/**
 * Between two pieces of work: the browser paints and answers keys before the second one. Where it cannot be told so, the
 * work goes on at once.
 */
export async function breathe(): Promise<void> {
  await (globalThis as { scheduler?: Scheduler }).scheduler?.yield?.()
}
