import { describe, expect, it, vi } from 'vitest'

import { mountInPage } from '@/testing/mount'
import { plain } from '@/testing/samples'

import CreationDays from './CreationDays.vue'

const days = [
  { day: '2025-05-12', accounts: 87, logins: ['ada', 'bob'] },
  { day: '2020-04-18', accounts: 1, logins: ['eve'] },
]

describe('CreationDays', () => {
  it('says day, count and share, and how many logins are not shown', async () => {
    const { wrapper } = await mountInPage(CreationDays, { props: { days, known: 4_098 } })
    const [first, second] = wrapper.findAll('ol > li').map((item) => plain(item.text()))
    expect(first).toContain('12 mai 2025')
    expect(first).toContain('87 comptes')
    expect(first).toContain('2,1 %')
    expect(first).toContain('et 85 autres, non affichés')
    expect(second).toContain('1 compte')
    expect(second).not.toContain('non affich')
  })

  it('draws bars in proportion to the largest', async () => {
    const { wrapper } = await mountInPage(CreationDays, { props: { days, known: 4_098 } })
    const widths = wrapper.findAll('.bar > span').map((bar) => parseFloat((bar.element as HTMLElement).style.width))
    expect(widths[0]).toBe(100)
    expect(widths[1]).toBeCloseTo(1.15, 1)
  })

  it('copies logins, one a line', async () => {
    const writeText = vi.fn(() => Promise.resolve())
    vi.spyOn(navigator, 'clipboard', 'get').mockReturnValue({ writeText } as unknown as Clipboard)
    const { wrapper } = await mountInPage(CreationDays, { props: { days, known: 4_098 } })
    await wrapper.get('button').trigger('click')
    expect(writeText).toHaveBeenCalledWith('ada\nbob')
  })
})
