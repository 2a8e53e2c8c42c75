import { expect, it } from 'vitest'

import { lowered, raised, topDialog } from './topDialog'

it('is the dialog opened last of those that are open', () => {
  const [first, second] = [document.createElement('dialog'), document.createElement('dialog')]
  expect(topDialog.value).toBeNull()
  raised(first)
  raised(second)
  expect(topDialog.value).toBe(second)
  lowered(second)
  expect(topDialog.value).toBe(first)
  lowered(first)
  expect(topDialog.value).toBeNull()
})
