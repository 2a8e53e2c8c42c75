import { beforeEach, describe, expect, it, vi } from 'vitest'

describe('useTheme', () => {
  let change: (light: boolean) => void

  async function withSystem(light: boolean) {
    vi.resetModules()
    let listener: (event: { matches: boolean }) => void = () => undefined
    vi.stubGlobal('matchMedia', () => ({
      matches: light,
      addEventListener: (_: string, given: typeof listener) => (listener = given),
    }))
    change = (matches) => listener({ matches })
    const { startTheme, useTheme } = await import('./useTheme')
    startTheme()
    return useTheme()
  }

  beforeEach(() => delete document.documentElement.dataset.theme)

  it('is dark unless the system prefers light, and follows it', async () => {
    const { theme } = await withSystem(false)
    expect(theme.value).toBe('dark')
    change(true)
    expect(theme.value).toBe('light')
    expect(document.documentElement.dataset.theme).toBeUndefined()
  })

  it('keeps a choice across visits', async () => {
    ;(await withSystem(true)).choose('dark')
    expect(document.documentElement.dataset.theme).toBe('dark')
    const again = await withSystem(true)
    expect(again.theme.value).toBe('dark')
  })

  it('forgets a choice that is the system’s own', async () => {
    const { toggle } = await withSystem(false)
    toggle()
    toggle()
    expect(localStorage.getItem('theme')).toBeNull()
    expect(document.documentElement.dataset.theme).toBeUndefined()
  })
})
