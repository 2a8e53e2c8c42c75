import { afterEach, beforeEach, vi } from 'vitest'
import { enableAutoUnmount } from '@vue/test-utils'

import { forgetLooks } from '@/composables/useLook'
import { setLocale } from '@/locales'

// happy-dom knows no popovers: here they open and close, and say so, without being shown anywhere.
function turn(panel: HTMLElement | null, newState: 'open' | 'closed'): void {
  for (const name of ['beforetoggle', 'toggle']) panel?.dispatchEvent(Object.assign(new Event(name), { newState }))
}
HTMLElement.prototype.hidePopover = function () {
  turn(this, 'closed')
}
document.addEventListener('click', ({ target }) => {
  const button = (target as Element).closest('[popovertarget]')
  if (button) turn(document.getElementById(button.getAttribute('popovertarget') ?? ''), 'open')
})

// Each test starts in French, signed out, with nothing stored, and may reach nothing but what it puts in place.
beforeEach(async () => {
  localStorage.clear()
  forgetLooks()
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
