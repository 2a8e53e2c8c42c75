import { describe, expect, it, vi } from 'vitest'

import ForgetMeDialog from '@/components/ForgetMeDialog.vue'
import { useTheme } from '@/composables/useTheme'
import { useToasts } from '@/composables/useToasts'
import { userId } from '@/domain/ids'
import { answer, problemBody } from '@/testing/answers'
import { mountInPage } from '@/testing/mount'
import { plain } from '@/testing/samples'

import Settings from './Settings.vue'

const about = { 'GET /api/v1/about': { body: { session_ttl_days: 7, max_saved_sessions: 10 } } }

describe('Settings', () => {
  it('says how long things are kept here', async () => {
    answer(about)
    const { wrapper } = await mountInPage(Settings)
    await vi.waitFor(() => expect(plain(wrapper.text())).toContain('disparaît 7 jours après sa dernière capture'))
  })

  it('says so when that is not known yet, or cannot be, and tries again', async () => {
    let said: { status?: number; body: unknown } = problemBody(404, 'unknown')
    answer({ 'GET /api/v1/about': () => said })
    const { wrapper } = await mountInPage(Settings)
    expect(wrapper.text()).toContain('Chargement…')
    await vi.waitFor(() => expect(wrapper.text()).toContain('Cela n’a pas pu être lu.'))
    said = about['GET /api/v1/about']
    await wrapper.findAll('button').find((one) => one.text() === 'Réessayer')!.trigger('click')
    await vi.waitFor(() => expect(plain(wrapper.text())).toContain('disparaît 7 jours'))
  })

  it('switches language and theme at once', async () => {
    answer(about)
    const { wrapper } = await mountInPage(Settings)
    await wrapper.get('input[value=light]').setValue(true)
    expect(useTheme().theme.value).toBe('light')
    await wrapper.get('input[value=system]').setValue(true)
    expect(useTheme().chosen.value).toBeNull()
    await wrapper.get('input[value=en]').setValue(true)
    await vi.waitFor(() => expect(wrapper.get('h1').text()).toBe('Settings'), { timeout: 10_000 })
  })
})

describe('everything about me', () => {
  const press = async () => {
    const { wrapper } = await mountInPage(Settings)
    const button = wrapper.findAll('button').find((one) => one.text() === 'Tout télécharger')!
    await button.trigger('click')
    await vi.waitFor(() => expect(button.attributes('aria-busy')).toBeUndefined())
  }

  it('is saved as a file', async () => {
    answer({ ...about, 'GET /api/v1/me/export': { body: { me: 1 } } })
    const names: string[] = []
    vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
      names.push(this.download)
    })
    await press()
    expect(names).toEqual(['my-data.json'])
  })

  it('says why it is not to be had', async () => {
    answer({ ...about, 'GET /api/v1/me/export': problemBody(429, 'export_too_soon') })
    await press()
    expect(plain(useToasts().toasts.value.at(-1)!.text)).toContain('il y a moins d’une minute. Réessayez dans un instant.')
  })

  it('says nothing of its own when the login has expired', async () => {
    answer({ ...about, 'GET /api/v1/me/export': problemBody(401, 'not_authenticated') })
    const before = useToasts().toasts.value.length
    await press()
    expect(useToasts().toasts.value).toHaveLength(before)
  })
})

describe('deleting everything', () => {
  it('says whose it is and what goes, and is done once that is confirmed', async () => {
    const asked = answer({ 'DELETE /api/v1/me': { status: 200, body: {} } })
    const leave = vi.spyOn(globalThis.location, 'assign').mockReturnValue()
    const me = { id: userId('1'), login: 'ada', displayName: 'Ada', imageUrl: null, scopes: [], grant: 'valid' as const }
    const { wrapper } = await mountInPage(ForgetMeDialog, { props: { me, modelValue: true } })
    const text = plain(wrapper.get('.dialog').text())
    expect(text).toContain('Supprimer tout ce qui concerne Ada ?')
    expect(text).toContain('Voici ce qui sera perdu, sans retour possible :Vos sessions et leurs captures')
    expect(text).toContain('les autres modérateurs de ces chaînes les perdent aussi')
    expect(asked).toHaveLength(0)
    await wrapper.findAll('.dialog button').find((one) => one.text() === 'Tout supprimer')!.trigger('click')
    await vi.waitFor(() => expect(leave).toHaveBeenCalledWith('/privacy?gone=yes'))
    expect(asked).toMatchObject([{ method: 'DELETE', path: '/api/v1/me' }])
  })

  it('can be tried again after signing in anew', async () => {
    answer({ 'DELETE /api/v1/me': problemBody(401, 'not_authenticated') })
    const me = { id: userId('1'), login: 'ada', displayName: 'Ada', imageUrl: null, scopes: [], grant: 'valid' as const }
    const { wrapper } = await mountInPage(ForgetMeDialog, { props: { me, modelValue: true } })
    const button = wrapper.findAll('.dialog button').find((one) => one.text() === 'Tout supprimer')!
    await button.trigger('click')
    expect(button.attributes('aria-busy')).toBe('true')
    await vi.waitFor(() => expect(button.attributes('aria-busy')).toBeUndefined())
  })
})
