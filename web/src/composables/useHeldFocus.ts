import { watch, type Ref } from 'vue'

/**
 * The focus stays with the session that has it when its row moves, or the button goes that was pressed: then on its menu.
 * `sessions` is what is drawn, each in an element with its `data-session`.
 */
export function useHeldFocus(sessions: Readonly<Ref<unknown>>): void {
  let held: HTMLElement | null = null
  let uuid: string | undefined
  watch(sessions, () => {
    held = document.activeElement as HTMLElement | null
    uuid = held?.closest<HTMLElement>('[data-session]')?.dataset.session
  })
  watch(
    sessions,
    () => {
      if (uuid === undefined) return
      const menu = document.querySelector<HTMLElement>(`[data-session="${uuid}"] [aria-haspopup]`)
      for (const one of [held, menu]) {
        if (document.activeElement === document.body) one?.focus({ preventScroll: true })
      }
    },
    { flush: 'post' },
  )
}
