/** What one does to sessions, with what each makes stale; and the deleted ones that can still be brought back. */
import { useMutation, useQueryClient } from '@tanstack/vue-query'
import { computed, shallowRef } from 'vue'

import { deleteSession, purgeSession, renameSession, restoreSession, saveSession } from '@/api/sessions'
import type { SessionUuid } from '@/domain/ids'
import type { Session } from '@/domain/session'

import { keys } from './keys'

/** As long as the page is open: the server keeps them for longer, but does not list them. */
const deleted = shallowRef<readonly Session[]>([])

export const useDeletedSessions = () => computed(() => deleted.value)

const forget = (uuid: SessionUuid): void => {
  deleted.value = deleted.value.filter((session) => session.uuid !== uuid)
}

export function useSessionActions() {
  const queries = useQueryClient()
  const changed = async (): Promise<void> => {
    await queries.invalidateQueries({ queryKey: keys.sessions })
  }

  return {
    save: useMutation({
      mutationFn: (how: { uuid: SessionUuid; name: string; replace: SessionUuid | null }) =>
        saveSession(how.uuid, how.name, how.replace),
      onSuccess: changed,
    }),
    rename: useMutation({
      mutationFn: (how: { uuid: SessionUuid; name: string }) => renameSession(how.uuid, how.name),
      onSuccess: changed,
    }),
    purge: useMutation({
      mutationFn: (session: Session) => purgeSession(session.uuid),
      onSuccess: async () => {
        await changed()
        await Promise.all([
          queries.invalidateQueries({ queryKey: keys.summaries }),
          queries.invalidateQueries({ queryKey: keys.analysis }),
        ])
      },
    }),
    remove: useMutation({
      mutationFn: (session: Session) => deleteSession(session.uuid),
      onSuccess: async (_, session) => {
        deleted.value = [session, ...deleted.value]
        await changed()
      },
    }),
    restore: useMutation({
      mutationFn: (session: Session) => restoreSession(session.uuid),
      onSuccess: async (_, session) => {
        forget(session.uuid)
        await changed()
      },
    }),
  }
}
