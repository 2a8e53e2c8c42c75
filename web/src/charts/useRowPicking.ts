import { computed, ref, watch, type Ref } from 'vue'

import { between, type CohortRow } from '@/domain/cohort'
import type { AccountId } from '@/domain/ids'

/**
 * Picking rows with the mouse or from the keyboard. Arrows go from row to row, space picks, shift with either picks all
 * on the way, Ctrl+A all there are, Escape none, Enter opens.
 */
export function useRowPicking(
  rows: Readonly<Ref<readonly CohortRow[]>>,
  picked: Ref<ReadonlySet<AccountId>>,
  page: { reveal: (row: number) => void; rows: () => number; open: (id: AccountId) => void },
) {
  const count = computed(() => rows.value.length)
  /** The row that keys act on. */
  const active = ref(0)
  /** Where a stretch with shift began. */
  const anchor = ref(0)
  let touched = false
  // Rows come and go while one reads: the keys stay with the account they were at, once they were used, or near where it was.
  watch(rows, (now, before) => {
    const id = touched ? before[active.value]?.id : undefined
    const found = now.findIndex((row) => row.id === id)
    if (found >= 0) active.value = found
    else active.value = touched ? Math.max(0, Math.min(now.length - 1, active.value)) : 0
    anchor.value = active.value
  })

  const allPicked = computed(() => count.value > 0 && rows.value.every((row) => picked.value.has(row.id)))

  function go(to: number, stretch: boolean): void {
    active.value = Math.max(0, Math.min(count.value - 1, to))
    page.reveal(active.value)
    touched = true
    if (stretch) picked.value = new Set([...picked.value, ...between(rows.value, anchor.value, active.value)])
    else anchor.value = active.value
  }

  function toggle(index: number, stretch = false): void {
    const row = rows.value[index]
    if (!row) return
    const next = new Set(picked.value)
    if (stretch) between(rows.value, anchor.value, index).forEach((one) => next.add(one))
    else if (!next.delete(row.id)) next.add(row.id)
    picked.value = next
    active.value = index
    touched = true
    if (!stretch) anchor.value = index
  }

  function toggleAll(): void {
    const next = new Set(picked.value)
    const all = allPicked.value
    for (const row of rows.value) {
      if (all) next.delete(row.id)
      else next.add(row.id)
    }
    picked.value = next
  }

  function onKey(event: KeyboardEvent): void {
    const steps: Record<string, number> = {
      ArrowDown: active.value + 1,
      ArrowUp: active.value - 1,
      PageDown: active.value + page.rows(),
      PageUp: active.value - page.rows(),
      Home: 0,
      End: count.value - 1,
    }
    const to = steps[event.key]
    const row = rows.value[active.value]
    if (to !== undefined) go(to, event.shiftKey)
    else if (event.key === ' ') toggle(active.value, event.shiftKey)
    else if (event.key === 'a' && (event.ctrlKey || event.metaKey)) toggleAll()
    else if (event.key === 'Escape') picked.value = new Set()
    else if (event.key === 'Enter' && row) page.open(row.id)
    else return
    event.preventDefault()
  }

  return { active, allPicked, toggle, toggleAll, onKey }
}
