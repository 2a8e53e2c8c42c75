import { describe, expect, it, vi } from 'vitest'

import ForgetMeDialog from '@/components/ForgetMeDialog.vue'
import { useTheme } from '@/composables/useTheme'
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
})
