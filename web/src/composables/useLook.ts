import { ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue'

import { NEWEST, type Order } from '@/domain/cohort'
import type { AccountId } from '@/domain/ids'

interface Look {
  /** The part of the list that it is of. */
  readonly part: string
  readonly picked: ReadonlySet<AccountId>
  readonly filter: string
  readonly order: Order
}

/** So many lists are remembered, those that were touched last. */
const MOST = 8
const looks = new Map<string, Look>()

export const forgetLooks = (): void => looks.clear()

/**
 * Who is picked in a list of accounts, what is typed to find them and how they are sorted: who opens an account's page, or
 * another list, and comes back finds all of it again. It is kept in memory for as long as the page is not loaded anew, never
 * in the address: viewers' names are not for logs and histories. Those picked are dropped with the part of the list they
 * were picked in.
 */
export function useLook(
  list: () => string,
  part: () => string,
): { picked: ShallowRef<ReadonlySet<AccountId>>; filter: Ref<string>; order: Ref<Order> } {
  const former = looks.get(list())
  const picked = shallowRef<ReadonlySet<AccountId>>(former?.part === part() ? former.picked : new Set())
  const filter = ref(former?.filter ?? '')
  const order = ref(former?.order ?? NEWEST)

  watch([list, part], ([now], [before, was]) => {
    // One that nobody touched is found again as it was left, too.
    if (now !== before && !looks.has(before)) {
      looks.set(before, { part: was, picked: picked.value, filter: filter.value, order: order.value })
    }
    const look = now === before ? undefined : looks.get(now)
    picked.value = look?.part === part() ? look.picked : new Set()
    if (!look) return
    filter.value = look.filter
    order.value = look.order
  })
  // As it changes: when the list goes, its part is already that of the next page's address.
  watch([picked, filter, order], () => {
    looks.delete(list())
    looks.set(list(), { part: part(), picked: picked.value, filter: filter.value, order: order.value })
    const [oldest] = looks.keys()
    if (oldest !== undefined && looks.size > MOST) looks.delete(oldest)
  }, { flush: 'sync' })
  return { picked, filter, order }
}
