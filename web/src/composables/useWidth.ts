import { onBeforeUnmount, ref, watch, type Ref } from 'vue'

/** How wide an element is drawn, in CSS pixels; 0 until it is, and as it was last while it is not there. */
export function useWidth(element: Readonly<Ref<Element | null>>): Readonly<Ref<number>> {
  const width = ref(0)
  const observer = new ResizeObserver(([entry]) => {
    if (entry) width.value = entry.contentRect.width
  })
  // A table may take its place, and give it back to another.
  watch(element, (now) => {
    observer.disconnect()
    if (now) observer.observe(now)
  }, { immediate: true })
  onBeforeUnmount(() => observer.disconnect())
  return width
}
