import { expect, it } from 'vitest'

import { windowAt } from './useVirtualRows'

it('draws what is in sight and a few more, never outside the list', () => {
  expect(windowAt(0, 400, 40, 30_000)).toEqual({ start: 0, end: 23 })
  const middle = windowAt(400_000, 400, 40, 30_000)
  expect(middle).toEqual({ start: 9_988, end: 10_023 })
  expect(windowAt(30_000 * 40, 400, 40, 30_000)).toEqual({ start: 29_988, end: 30_000 })
  expect(windowAt(0, 400, 40, 3)).toEqual({ start: 0, end: 3 })
  // The list grew shorter than where one had scrolled to.
  expect(windowAt(400_000, 400, 40, 5)).toEqual({ start: 0, end: 5 })
})
