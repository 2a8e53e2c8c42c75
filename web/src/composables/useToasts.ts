import { readonly, ref } from 'vue'

export interface Toast {
  readonly id: number
  readonly tone: 'plain' | 'error'
  readonly text: string
  readonly action?: ToastAction
}

/** A place to go to, or something to do. */
export type ToastAction = { readonly label: string } & ({ readonly to: string } | { readonly run: () => void })

/** An error is read twice; what only confirms goes by itself; what one may act on leaves time to think. */
const STAY = { plain: 6_000, error: 12_000, action: 20_000 } as const

const toasts = ref<Toast[]>([])
let next = 1

function dismiss(id: number): void {
  toasts.value = toasts.value.filter((toast) => toast.id !== id)
}

function say(toast: Omit<Toast, 'id'>): void {
  const id = next++
  toasts.value = [...toasts.value.slice(-2), { ...toast, id }]
  setTimeout(() => dismiss(id), STAY[toast.action ? 'action' : toast.tone])
}

export const useToasts = () => ({ toasts: readonly(toasts), say, dismiss })
