import { afterEach, beforeEach, vi } from 'vitest'
import { enableAutoUnmount } from '@vue/test-utils'

import { setLocale } from '@/locales'

// Each test starts in French, signed out, with nothing stored, and may reach nothing but what it puts in place.
beforeEach(async () => {
  localStorage.clear()
  await setLocale('fr')
  vi.stubGlobal('fetch', (request: Request | string) => {
    throw new Error(`nothing answers ${typeof request === 'string' ? request : request.url}`)
  })
})
afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})
enableAutoUnmount(afterEach)
