import { watch, type Ref } from 'vue'

/**
 * The button below a list that gets the next of it goes with the last ones, and the focus with it: it is then given to the
 * last link above, after which the new ones come. `foot` is what the button is in, right after the list.
 */
export function useFocusAbove(foot: Readonly<Ref<HTMLElement | null>>, goesOn: Readonly<Ref<boolean>>): void {
  // The button and the list as it was are still there: this comes before they are drawn anew.
  watch(goesOn, (now) => {
    if (now || !foot.value?.contains(document.activeElement)) return
    const links = foot.value.previousElementSibling?.querySelectorAll('a') ?? []
    ;[...links].at(-1)?.focus()
  })
}
