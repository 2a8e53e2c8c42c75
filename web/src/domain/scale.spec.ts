import { expect, it } from 'vitest'

import { niceTop } from './scale'

it('is not below what is drawn, and short to read', () => {
  expect([0, 1, 3, 4.2, 87, 100, 101, 1_250, Number.NEGATIVE_INFINITY].map(niceTop)).toEqual([2, 2, 4, 6, 100, 100, 120, 1_600, 2])
})
