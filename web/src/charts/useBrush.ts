import { ref, type Ref } from 'vue'

import { ends, moved, type Run } from '@/domain/histogram'

/** Picking bars by dragging over them, or with arrows; shift stretches the pick, Escape drops it. */
export function useBrush(plot: Readonly<Ref<Element | null>>, count: Readonly<Ref<number>>, picked: Ref<Run | null>) {
  const dragging = ref(false)
  let last: Run | null = null

  /** Outside, a pick is days from first to last: from which end it is stretched is known only here. */
  function held(): Run | null {
    const now = picked.value
    if (!now || !last) return now
    return ends(now).join() === ends(last).join() ? last : now
  }

  function pick(run: Run | null): void {
    last = run
    picked.value = run
  }

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
      pick({ anchor: event.shiftKey ? (held()?.anchor ?? head) : head, head })
    },
    drag(event: PointerEvent): void {
      if (!dragging.value || !last) return
      const head = barAt(event)
      if (head !== last.head) pick({ ...last, head })
    },
    end: () => void (dragging.value = false),
    onKey(event: KeyboardEvent): void {
      if (event.key === 'Escape') {
        pick(null)
      } else {
        const now = held()
        const next = moved(now, event.key, event.shiftKey, count.value)
        if (next === now) return
        pick(next)
      }
      event.preventDefault()
    },
  }
}
