import { computed, nextTick, onBeforeUnmount, onMounted, ref, type ComputedRef, type Ref } from 'vue'

export interface Window {
  /** First row drawn, and the one after the last. */
  readonly start: number
  readonly end: number
}

/** Rows drawn beyond the edges, so that a quick scroll does not show empty ones. */
const SPARE = 12

export function windowAt(scrollTop: number, height: number, rowHeight: number, count: number): Window {
  const first = Math.floor(scrollTop / rowHeight)
  const shown = Math.ceil(height / rowHeight) + 1
  const start = Math.max(0, Math.min(count, first) - SPARE)
  return { start, end: Math.min(count, first + shown + SPARE) }
}

/**
 * Which of many rows of equal height to draw. The browser scrolls a box as high as all of them; only the window's rows
 * are in the document, so that a hundred thousand cost what fifty do.
 */
export function useVirtualRows(
  box: Readonly<Ref<HTMLElement | null>>,
  count: Readonly<Ref<number>>,
  rowHeight: number,
): {
  shown: ComputedRef<Window>
  /** The first row in sight. */
  first: () => number
  reveal: (row: number) => void
  /** Scrolls by so many rows as came in above, or with less than none as went. */
  shift: (rows: number) => void
} {
  const scrollTop = ref(0)
  const height = ref(0)
  let frame = 0
  let observer: ResizeObserver | null = null

  // Not more than once a frame: a wheel fires more often than anything can be drawn.
  const onScroll = () => {
    if (frame !== 0) return
    frame = requestAnimationFrame(() => {
      frame = 0
      scrollTop.value = box.value?.scrollTop ?? 0
    })
  }

  onMounted(() => {
    const element = box.value
    if (!element) return
    height.value = element.clientHeight
    element.addEventListener('scroll', onScroll, { passive: true })
    observer = new ResizeObserver(() => (height.value = element.clientHeight))
    observer.observe(element)
  })
  onBeforeUnmount(() => {
    cancelAnimationFrame(frame)
    observer?.disconnect()
    box.value?.removeEventListener('scroll', onScroll)
  })

  return {
    shown: computed(() => windowAt(scrollTop.value, height.value, rowHeight, count.value)),
    first: () => Math.floor((box.value?.scrollTop ?? 0) / rowHeight),
    shift(rows) {
      scrollTop.value = Math.max(0, (box.value?.scrollTop ?? 0) + rows * rowHeight)
      // The box is not as high yet as its rows will be.
      void nextTick(() => {
        if (!box.value) return
        box.value.scrollTop = scrollTop.value
        scrollTop.value = box.value.scrollTop
      })
    },
    reveal(row) {
      const element = box.value
      if (!element) return
      const top = row * rowHeight
      // The head stays above the rows and hides one of them.
      if (top < element.scrollTop) element.scrollTop = top
      else if (top + 2 * rowHeight > element.scrollTop + element.clientHeight) {
        element.scrollTop = top + 2 * rowHeight - element.clientHeight
      }
      scrollTop.value = element.scrollTop
    },
  }
}
