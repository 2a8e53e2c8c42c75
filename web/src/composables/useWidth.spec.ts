import { expect, it, vi } from 'vitest'
import { nextTick, ref, useTemplateRef } from 'vue'

import { mountInPage } from '@/testing/mount'

import { useWidth } from './useWidth'

it('is that of whatever is drawn there now', async () => {
  const watched = new Set<Element>()
  let tell!: (width: number) => void
  vi.stubGlobal('ResizeObserver', class {
    constructor(heard: (entries: { contentRect: { width: number } }[]) => void) {
      tell = (width) => heard([{ contentRect: { width } }])
    }

    observe = (element: Element) => watched.add(element)
    disconnect = () => watched.clear()
  })
  const isThere = ref(false)
  let width!: ReturnType<typeof useWidth>
  const { wrapper } = await mountInPage({
    setup() {
      width = useWidth(useTemplateRef<Element>('box'))
      return { isThere }
    },
    template: '<p v-if="isThere" ref="box" />',
  })
  expect([width.value, watched.size]).toEqual([0, 0])
  const come = async (there: boolean) => {
    isThere.value = there
    await nextTick()
  }
  await come(true)
  expect([...watched]).toEqual([wrapper.get('p').element])
  tell(290)
  await come(false)
  expect([width.value, watched.size]).toEqual([290, 0])
  await come(true)
  expect([...watched]).toEqual([wrapper.get('p').element])
  wrapper.unmount()
  expect(watched.size).toBe(0)
})
