import { watch, type Ref } from 'vue'

/** Gives the focus, when it went with what had it, to `held` if that is still there, else to the session's menu, else to the page. */
export function holdFocus(uuid: string, held: HTMLElement | null = null): void {
  const menu = document.querySelector<HTMLElement>(`[data-session="${uuid}"] [aria-haspopup]`)
  for (const one of [held, menu, document.getElementById('main')]) {
    if (document.activeElement === document.body) one?.focus({ preventScroll: true })
  }
}

/**
 * The focus stays with the session that has it when its row moves, or the button goes that was pressed: then on its menu;
 * when the session goes, on the page. `sessions` is what is drawn, each in an element with its `data-session`.
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
      if (uuid !== undefined) holdFocus(uuid, held)
    },
    { flush: 'post' },
  )
}
