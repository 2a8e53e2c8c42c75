import { describe, expect, it, vi } from 'vitest'

import ForgetMeDialog from '@/components/ForgetMeDialog.vue'
import { useTheme } from '@/composables/useTheme'
import { userId } from '@/domain/ids'
import { answer } from '@/testing/answers'
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
  it('is done only once the name is typed', async () => {
    const asked = answer({ 'DELETE /api/v1/me': { status: 200, body: {} } })
    const leave = vi.spyOn(globalThis.location, 'assign').mockReturnValue()
    const me = { id: userId('1'), login: 'ada', displayName: 'Ada', imageUrl: null, scopes: [], grant: 'valid' as const }
    await mountInPage(ForgetMeDialog, { props: { me, modelValue: true } })
    await vi.waitFor(() => expect(document.querySelector('.dialog input')).not.toBeNull())
    const input = document.querySelector<HTMLInputElement>('.dialog input')!
    const form = document.querySelector<HTMLFormElement>('.dialog form')!
    const type = (text: string) => {
      input.value = text
      input.dispatchEvent(new Event('input'))
      form.dispatchEvent(new Event('submit', { cancelable: true }))
    }
    type('bob')
    expect(asked).toHaveLength(0)
    type('Ada')
    await vi.waitFor(() => expect(leave).toHaveBeenCalledWith('/privacy?gone=yes'))
    expect(asked).toMatchObject([{ method: 'DELETE', path: '/api/v1/me' }])
  })
})
