import { nextTick, onScopeDispose, readonly, ref, watch, type Ref } from 'vue'

import { breathe } from '@/domain/idle'

/** How many of `all` are drawn: one more after each breath, so that a list is no long piece of work; never fewer again. */
export function useOneByOne(all: () => number): Readonly<Ref<number>> {
  const drawn = ref(0)
  let isGrowing = false
  let isOver = false
  onScopeDispose(() => (isOver = true))

  async function grow(): Promise<void> {
    if (isGrowing) return
    isGrowing = true
    while (drawn.value < all() && !isOver) {
      drawn.value += 1
      await nextTick()
      await breathe()
    }
    isGrowing = false
  }
  watch(all, () => void grow(), { immediate: true })
  return readonly(drawn)
}
