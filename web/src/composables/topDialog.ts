import { shallowRef } from 'vue'

/** The dialog that is open, if one is: nothing outside of it can be heard or pressed, messages neither. */
export const topDialog = shallowRef<HTMLDialogElement | null>(null)
