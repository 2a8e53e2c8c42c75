import { describe, expect, it, vi } from 'vitest'
import { createApp, nextTick } from 'vue'
import { RouterView, type Router } from 'vue-router'

import { noteSignedIn } from '@/composables/signedIn'
import { i18n } from '@/locales'
import { createQueries } from '@/queryClient'
import { answer, problemBody } from '@/testing/answers'

import { createPages } from './router'

const me = { user: { id: '1', login: 'a', display_name: 'A', profile_image_url: null }, scopes: [], grant: 'valid' }

async function go(path: string): Promise<string> {
  const router = createPages(createQueries(() => undefined))
  await router.push(path)
  return router.currentRoute.value.fullPath
}

describe('pages', () => {
  it('send who is not signed in to the first page, and remember where they wanted to go', async () => {
    answer({ 'GET /api/v1/me': problemBody(401, 'not_authenticated') })
    expect(await go('/sessions/1?channel=2')).toBe('/?return_to=/sessions/1?channel=2')
  })

  it('let who is signed in pass', async () => {
    answer({ 'GET /api/v1/me': { body: me } })
    expect(await go('/channels')).toBe('/channels')
  })

  it('take who is signed in from the first page to their channels', async () => {
    answer({ 'GET /api/v1/me': { body: me } })
    noteSignedIn(true)
    expect(await go('/')).toBe('/channels')
    expect(await go('/?error=access_denied')).toBe('/?error=access_denied')
  })

  it('ask nothing of first-time visitors', async () => {
    const asked = answer({})
    expect(await go('/')).toBe('/')
    expect(asked).toEqual([])
  })

  it('ask what a session says first while its code is read, about the channels in the address', async () => {
    const asked = answer({ 'GET /api/v1/me': { body: me } })
    noteSignedIn(true)
    await go('/sessions/1?channel=2&channel=3')
    // Other tests' pages may still be asking for other things.
    const paths = () => asked.map((one) => one.path).filter((path) => path.includes('/sessions/')).toSorted()
    await vi.waitFor(() =>
      expect(paths()).toEqual([
        '/api/v1/sessions/1',
        '/api/v1/sessions/1/evolution?channel=2&channel=3&points=1500',
        '/api/v1/sessions/1/summary?channel=2&channel=3',
      ]),
    )
  })

  it('open at the part that the address names, as soon as that is there', async () => {
    const router = createPages(createQueries(() => undefined))
    const part = document.createElement('section')
    part.id = 'retention'
    const shown = vi.spyOn(part, 'scrollIntoView').mockReturnValue()
    const there = createApp(RouterView).use(router).use(i18n)
    there.mount(document.createElement('div'))
    await router.push('/no/such/page#retention')
    await nextTick()
    document.body.append(part)
    await vi.waitFor(() => expect(shown).toHaveBeenCalledOnce())
    there.unmount()
    part.remove()
  })

  describe('come back to', () => {
    /** Back at a page that is not yet as long as it was. */
    async function comeBack(meanwhile: (router: Router) => unknown) {
      const router = createPages(createQueries(() => undefined))
      await router.push('/no/such/page')
      const here = router.currentRoute.value
      const place = router.options.scrollBehavior!(here, here, { left: 0, top: 9_000 })
      await meanwhile(router)
      vi.spyOn(document.documentElement, 'scrollHeight', 'get').mockReturnValue(10_000)
      return await place
    }

    it('where one was', async () => {
      expect(await comeBack(() => undefined)).toEqual({ left: 0, top: 9_000 })
    })

    it('no place on another page', async () => {
      expect(await comeBack((router) => router.push('/no/other/page'))).toBe(false)
    })

    it('none from which one has scrolled', async () => {
      expect(await comeBack(() => dispatchEvent(new Event('wheel')))).toBe(false)
    })
  })

  it('have words for an address that is none', async () => {
    const router = createPages(createQueries(() => undefined))
    await router.push('/no/such/page')
    expect(router.currentRoute.value.name).toBe('notFound')
  })
})
