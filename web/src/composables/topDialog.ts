import { computed, shallowRef } from 'vue'

/** Those that are open, each above the one before. */
const open = shallowRef<readonly HTMLDialogElement[]>([])

/** The dialog on top, if one is open: nothing outside of it can be heard or pressed, messages neither. */
export const topDialog = computed(() => open.value.at(-1) ?? null)

export const raised = (dialog: HTMLDialogElement): void => void (open.value = [...open.value, dialog])

export const lowered = (dialog: HTMLDialogElement): void => void (open.value = open.value.filter((one) => one !== dialog))
