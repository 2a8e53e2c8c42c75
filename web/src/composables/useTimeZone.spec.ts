import { beforeEach, describe, expect, it } from 'vitest'

import { useTimeZone, zones } from './useTimeZone'

const { timeZone, chosen, own, decide } = useTimeZone()

describe('the time zone', () => {
  beforeEach(() => decide(null))

  it('is the browser’s until one is chosen, and again when none is', () => {
    expect(timeZone.value).toBe(own())
    decide('Asia/Tokyo')
    expect(timeZone.value).toBe('Asia/Tokyo')
    expect(localStorage.getItem('time-zone')).toBe('Asia/Tokyo')
    decide(null)
    expect(timeZone.value).toBe(own())
    expect(localStorage.getItem('time-zone')).toBeNull()
  })

  it('is none that the browser cannot write', () => {
    decide('Mars/Olympus')
    expect(chosen.value).toBeNull()
  })

  it('can be universal time', () => {
    expect(zones()).toContain('UTC')
    expect(zones()).toContain('Europe/Paris')
  })
})
