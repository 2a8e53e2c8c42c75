import { ref, type Ref } from 'vue'

import { moved, type Run } from '@/domain/histogram'

/** Picking bars by dragging over them, or with arrows; shift stretches the pick, Escape drops it. */
export function useBrush(plot: Readonly<Ref<Element | null>>, count: Readonly<Ref<number>>, picked: Ref<Run | null>) {
  const dragging = ref(false)

  function barAt(event: PointerEvent): number {
    const box = plot.value?.getBoundingClientRect()
    if (!box || box.width === 0) return 0
    const i = Math.floor(((event.clientX - box.left) / box.width) * count.value)
    return Math.max(0, Math.min(count.value - 1, i))
  }

  return {
    begin(event: PointerEvent): void {
      if (count.value === 0 || event.button !== 0) return
      dragging.value = true
      plot.value?.setPointerCapture(event.pointerId)
      const head = barAt(event)
      picked.value = { anchor: event.shiftKey && picked.value ? picked.value.anchor : head, head }
    },
    drag(event: PointerEvent): void {
      if (!dragging.value || !picked.value) return
      const head = barAt(event)
      if (head !== picked.value.head) picked.value = { ...picked.value, head }
    },
    end: () => void (dragging.value = false),
    onKey(event: KeyboardEvent): void {
      if (event.key === 'Escape') {
        picked.value = null
      } else {
        const next = moved(picked.value, event.key, event.shiftKey, count.value)
        if (next === picked.value) return
        picked.value = next
      }
      event.preventDefault()
    },
  }
}
