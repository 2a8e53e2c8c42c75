import { QueryClient, VueQueryPlugin } from '@tanstack/vue-query'
import { mount } from '@vue/test-utils'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, h, nextTick } from 'vue'

import { sessionUuid, userId } from '@/domain/ids'
import type { Session } from '@/domain/session'
import type { Me } from '@/domain/user'
import { i18n } from '@/locales'
import { answer, problemBody } from '@/testing/answers'
import { NOON } from '@/testing/samples'

import { keys } from './keys'
import { useDeletedSessions, useSessionActions, useUndoDelete } from './sessionActions'
import { useToasts } from './useToasts'

const session = (uuid: string): Session => ({
  uuid: sessionUuid(uuid),
  status: 'saved',
  name: uuid,
  createdAt: NOON,
  updatedAt: NOON,
  expiresAt: null,
  captures: 1,
  channels: [],
})
const me = (id: string): Me => ({ id: userId(id), login: id, displayName: id, imageUrl: null, scopes: [], grant: 'valid' })

let queries: QueryClient
/** The actions, as some component of the page of `who` has them. */
function open(who: string | null) {
  queries = new QueryClient()
  if (who) queries.setQueryData(keys.me, me(who))
  const kept: { deleted?: ReturnType<typeof useDeletedSessions>; undo?: ReturnType<typeof useUndoDelete>; actions?: ReturnType<typeof useSessionActions> } = {}
  const Probe = defineComponent({
    setup() {
      kept.deleted = useDeletedSessions()
      kept.undo = useUndoDelete()
      kept.actions = useSessionActions()
      return () => h('i')
    },
  })
  mount(Probe, { global: { plugins: [i18n, [VueQueryPlugin, { queryClient: queries }]] } })
  const { deleted, undo, actions } = kept
  return { names: () => deleted!.value.map((one) => one.name), deleted: deleted!, undo: undo!, actions: actions! }
}

const done = { status: 204, body: null }
beforeEach(() => sessionStorage.clear())

describe('deleted sessions', () => {
  it('are remembered over a reload, for whoever deleted them and for a day', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] })
    answer({ 'DELETE /api/v1/sessions/a': done })
    const first = open('1')
    await first.actions.remove.mutateAsync(session('a'))
    expect(first.names()).toEqual(['a'])
    expect(open('2').names()).toEqual([])

    const again = open('1')
    expect(again.names()).toEqual(['a'])
    expect(again.deleted.value[0]!.createdAt).toEqual(NOON)

    // Of a page that stays open, too.
    vi.advanceTimersByTime(24 * 3_600_000)
    expect(again.names()).toEqual([])
    open('2')
    expect(open('1').names()).toEqual([])
  })

  it('hold the one that a saved session took the place of', async () => {
    answer({ 'POST /api/v1/sessions/b/save': { body: { uuid: 'b', status: 'saved', name: 'b', created_at: NOON, updated_at: NOON, captures: 1, channels: [] } } })
    const { actions, names } = open('3')
    queries.setQueryData(keys.sessions, [session('old'), session('b')])
    await actions.save.mutateAsync({ uuid: sessionUuid('b'), name: 'b', replace: null })
    expect(names()).toEqual([])
    queries.setQueryData(keys.sessions, [session('old'), session('b')])
    await actions.save.mutateAsync({ uuid: sessionUuid('b'), name: 'b', replace: sessionUuid('old') })
    expect(names()).toEqual(['old'])
  })

  it('say what keeps them from coming back, and go when it is too late', async () => {
    const full = problemBody(409, 'too_many_saved_sessions')
    answer({
      'DELETE /api/v1/sessions/c': done,
      'POST /api/v1/sessions/c/restore': { ...full, body: { ...full.body, limit: 1, oldest: { uuid: 'x', name: 'x' } } },
    })
    const { actions, names, undo, deleted } = open('4')
    await actions.remove.mutateAsync(session('c'))
    await undo(deleted.value[0]!)
    await nextTick()
    expect(useToasts().toasts.value.at(-1)?.text).toContain('Supprimez-en d’abord une autre')
    expect(names()).toEqual(['c'])

    answer({ 'POST /api/v1/sessions/c/restore': problemBody(404, 'session_not_found') })
    await undo(deleted.value[0]!)
    expect(names()).toEqual([])
    open('5')
    expect(open('4').names()).toEqual([])
  })
})
