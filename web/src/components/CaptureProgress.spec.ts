import { describe, expect, it } from 'vitest'

import type { Job } from '@/domain/job'
import { mountInPage } from '@/testing/mount'
import { plain, sampleJob } from '@/testing/samples'

import CaptureProgress from './CaptureProgress.vue'

const show = async (change: Partial<Job>) => {
  const { wrapper } = await mountInPage(CaptureProgress, { props: { job: sampleJob(change), name: 'Lumi' } })
  return { text: plain(wrapper.text()), bar: wrapper.find('progress') }
}

describe('CaptureProgress', () => {
  it('says pages and accounts of their totals', async () => {
    const { text, bar } = await show({})
    expect(text).toBe('Page 1 sur 3, 1 000 comptes sur 2 412')
    expect(bar.attributes('aria-label')).toBe('Capture de Lumi')
    expect(Number(bar.attributes('value'))).toBeCloseTo(0.4146, 3)
  })

  it('does not pretend to know how far it is', async () => {
    const { text, bar } = await show({ progress: null })
    expect(text).toBe('Demande de la liste à Twitch')
    expect(bar.attributes('value')).toBeUndefined()
    expect((await show({ progress: null, state: 'ready', attempt: 0 })).text).toBe('En attente')
  })

  it('says why it tries again, and that it does so by itself', async () => {
    const { text } = await show({ state: 'ready', attempt: 2, failure: { code: 'twitch_unavailable', detail: '503' } })
    expect(text).toBe('Essai 2 sur 5 sans succès : Twitch ne répond pas pour l’instant. Nouvel essai automatique.')
  })

  it('says why it failed in words, by code, and a code without words by its name', async () => {
    const dead = { state: 'dead', attempt: 5 } as const
    expect((await show({ ...dead, failure: { code: 'not_moderator', detail: '' } })).text).toBe(
      'Échec après 5 essais. Vous n’êtes plus modérateur de cette chaîne.',
    )
    expect((await show({ ...dead, attempt: 1, failure: { code: 'brand_new', detail: '' } })).text).toBe(
      'Échec après 1 essai. Une erreur est survenue (code : brand_new).',
    )
    expect((await show({ ...dead, failure: null })).bar.exists()).toBe(false)
  })
})
