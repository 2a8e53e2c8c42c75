import { describe, expect, it } from 'vitest'

import { isSame, sideFrom, sideText } from './comparison'

describe('a side of a comparison', () => {
  it('goes into an address and comes out of it', () => {
    const side = { kind: 'session', id: '0198b6a0-0000-7000-8000-000000000001' } as const
    expect(sideFrom(sideText(side))).toEqual(side)
    expect(sideFrom('stream:42')).toEqual({ kind: 'stream', id: '42' })
  })

  it.each(['', 'stream:', 'galaxy:1', 'stream:1/../2', null, ['stream:1']])('is not %j', (text) => {
    expect(sideFrom(text)).toBeNull()
  })

  it('is the same as itself only', () => {
    const side = sideFrom('stream:42')
    expect(isSame(side, sideFrom('stream:42'))).toBe(true)
    expect(isSame(side, sideFrom('capture:42'))).toBe(false)
    expect(isSame(null, null)).toBe(false)
  })
})
