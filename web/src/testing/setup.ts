import { afterEach, beforeEach, vi } from 'vitest'
import { enableAutoUnmount } from '@vue/test-utils'

import { setLocale } from '@/locales'

// The component library places menus and dialogs by it; happy-dom has none.
globalThis.visualViewport ??= Object.assign(new EventTarget(), {
  width: 1280,
  height: 800,
  offsetLeft: 0,
  offsetTop: 0,
  pageLeft: 0,
  pageTop: 0,
  scale: 1,
  onresize: null,
  onscroll: null,
  onscrollend: null,
})

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
