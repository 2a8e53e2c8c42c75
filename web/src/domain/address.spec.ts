import { expect, it } from 'vitest'

import { oneOf, pathWithin } from './address'

it('leads nowhere but to this site', () => {
  expect(pathWithin('/sessions/1?channel=2')).toBe('/sessions/1?channel=2')
  for (const bad of [undefined, null, '', 'channels', '//evil.example', '/\\evil.example', '/a\\b', '/\t/evil', ['/a'], 'https://evil.example']) {
    expect(pathWithin(bad), String(bad)).toBeNull()
  }
})

it('names one of some values, or else the first', () => {
  const values = ['all', 'wave'] as const
  expect(oneOf(values, 'wave')).toBe('wave')
  for (const bad of [undefined, null, '', 'Wave', ['wave']]) expect(oneOf(values, bad), String(bad)).toBe('all')
})
