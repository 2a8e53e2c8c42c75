import { beforeEach, describe, expect, it, vi } from 'vitest'

import Session from '@/pages/Session.vue'
import { answer } from '@/testing/answers'
import { mountInPage } from '@/testing/mount'
import { plain } from '@/testing/samples'

// One part's code is not to be had, another's does not come.
vi.mock('@/components/session/RenamesPart.vue', () => Promise.reject(new TypeError('Failed to fetch')))
vi.mock('@/components/session/RetentionPart.vue', () => new Promise(() => undefined))

const at = '2026-11-23T10:00:00Z'
const session = { uuid: 's', status: 'active', name: '', created_at: at, updated_at: at, captures: 2, channels: [] }
const summary = {
  session: 's',
  coverage: { captures: 2, first_captured_at: at, last_captured_at: at },
  distinct_accounts: 1,
  enriched_accounts: 1,
  channels: [],
  top_creation_days: [],
}

/** As if these parts were in sight. */
class Sight {
  constructor(private readonly seen: (entries: { isIntersecting: boolean }[]) => void) {}
  observe({ id }: Element): void {
    if (id === 'renames' || id === 'retention') this.seen([{ isIntersecting: true }])
  }
  disconnect = (): void => undefined
}
async function open() {
  const { wrapper } = await mountInPage(Session, { props: { uuid: 's' } })
  await vi.waitFor(() => expect(wrapper.find('#renames').exists()).toBe(true))
  return wrapper
}

describe('the code of a part', () => {
  beforeEach(() => {
    vi.stubGlobal('IntersectionObserver', Sight)
    vi.spyOn(console, 'warn').mockReturnValue()
    vi.spyOn(console, 'error').mockReturnValue()
    answer({ 'GET /api/v1/sessions/s': { body: session }, 'GET /api/v1/sessions/s/summary': { body: summary } })
  })

  it('is said to be on its way', async () => {
    const wrapper = await open()
    await vi.waitFor(() => expect(wrapper.get('#retention [role=status]').text()).toBe('Chargement…'))
    expect(wrapper.find('#retention .skeleton').exists()).toBe(true)
  })

  it('is perhaps of a newer version when it is not to be had', async () => {
    const wrapper = await open()
    await vi.waitFor(() => expect(plain(wrapper.get('#renames [role=alert]').text())).toContain('Une nouvelle version est peut-être installée.'))
    expect(wrapper.get('#renames [role=alert] button').text()).toBe('Recharger la page')
  })

  it('is not to be had without a network', async () => {
    vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false)
    const wrapper = await open()
    await vi.waitFor(() => expect(wrapper.get('#renames [role=alert]').text()).toContain('Vérifiez votre connexion'))
  })
})
