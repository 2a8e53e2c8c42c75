/** What one does to sessions, with what each makes stale; and the deleted ones that can still be brought back. */
import { useMutation, useQueryClient, type QueryClient } from '@tanstack/vue-query'
import { computed, shallowRef, watch } from 'vue'
import { useI18n } from 'vue-i18n'

import { ApiProblem } from '@/api/problem'
import { deleteSession, purgeSession, renameSession, restoreSession, saveSession, tooManySaved } from '@/api/sessions'
import type { SessionUuid, UserId } from '@/domain/ids'
import type { Session } from '@/domain/session'
import type { Me } from '@/domain/user'

import { keys } from './keys'
import { useMe } from './queries'
import { useNow } from './useNow'
import { useProblemText } from './useProblemText'
import { useSessionWords } from './useSessionWords'
import { useToasts } from './useToasts'

interface Deleted {
  readonly session: Session
  readonly deletedAt: Date
}

/** For how long the server can bring a deleted session back, in milliseconds. It does not list them: this tab does. */
const UNDO_FOR = 24 * 3_600_000

const deleted = shallowRef<readonly Deleted[]>([])
/** Whose they are; null while nobody can tell, and they are kept in memory only. */
let owner: UserId | null = null

const storageKey = (user: UserId): string => `deleted-sessions:${user}`
const isRecent = (one: Deleted, now: Date): boolean => now.getTime() - one.deletedAt.getTime() < UNDO_FOR
const isDate = (key: string): boolean => key.endsWith('At')

function stored(user: UserId): Deleted[] {
  try {
    const text = sessionStorage.getItem(storageKey(user)) ?? '[]'
    const revive = (key: string, value: unknown) => (isDate(key) && typeof value === 'string' ? new Date(value) : value)
    return (JSON.parse(text, revive) as Deleted[]).filter((one) => isRecent(one, new Date()))
  } catch {
    return []
  }
}

function keep(now: readonly Deleted[]): void {
  deleted.value = now
  if (owner === null) return
  try {
    sessionStorage.setItem(storageKey(owner), JSON.stringify(now))
  } catch {
    // Full or refused: a reload forgets them, as far as this page goes.
  }
}

/** Goes over to whoever is signed in: what was deleted before that was known is theirs. */
function belongTo(user: UserId | undefined): void {
  if (!user || user === owner) return
  const before = owner === null ? deleted.value : []
  owner = user
  keep([...before, ...stored(user)])
}

const add = (queries: QueryClient, session: Session): void => {
  belongTo(queries.getQueryData<Me>(keys.me)?.id)
  keep([{ session, deletedAt: new Date() }, ...deleted.value.filter((one) => one.session.uuid !== session.uuid)])
}

const forget = (uuid: SessionUuid): void => keep(deleted.value.filter((one) => one.session.uuid !== uuid))

/** What was deleted and can still be brought back, the last one first. */
export function useDeletedSessions() {
  const { data: me } = useMe()
  const now = useNow()
  watch(() => me.value?.id, belongTo, { immediate: true })
  return computed(() => deleted.value.filter((one) => isRecent(one, now.value)).map((one) => one.session))
}

/** Brings a deleted session back, or says why it cannot be. */
export function useUndoDelete() {
  const { t } = useI18n()
  const words = useSessionWords()
  const problem = useProblemText()
  const { say } = useToasts()
  const { restore } = useSessionActions()

  return async (session: Session): Promise<void> => {
    try {
      await restore.mutateAsync(session)
    } catch (error) {
      const text = tooManySaved(error)
        ? t('sessions.restoreFull', { name: words.name(session) })
        : t('sessions.restoreFailed', { reason: problem.ofError(error) })
      say({ tone: 'error', text })
    }
  }
}

export function useSessionActions() {
  const queries = useQueryClient()
  // Nobody waits for what is asked again: a dialog closes first, and gives the focus back to a row that is still there.
  const stale = (...all: readonly (readonly unknown[])[]): void => {
    for (const queryKey of all) void queries.invalidateQueries({ queryKey })
  }

  return {
    save: useMutation({
      mutationFn: (how: { uuid: SessionUuid; name: string; replace: SessionUuid | null }) =>
        saveSession(how.uuid, how.name, how.replace),
      onSuccess: (_, { replace }) => {
        // The one that had to go is deleted, and not for good.
        const gone = queries.getQueryData<readonly Session[]>(keys.sessions)?.find((session) => session.uuid === replace)
        if (gone) add(queries, gone)
        stale(keys.sessions)
      },
    }),
    rename: useMutation({
      mutationFn: (how: { uuid: SessionUuid; name: string }) => renameSession(how.uuid, how.name),
      onSuccess: () => stale(keys.sessions),
    }),
    purge: useMutation({
      mutationFn: (session: Session) => purgeSession(session.uuid),
      onSuccess: () => stale(keys.sessions, keys.summaries, keys.analysis),
    }),
    remove: useMutation({
      mutationFn: (session: Session) => deleteSession(session.uuid),
      onSuccess: (_, session) => {
        add(queries, session)
        stale(keys.sessions)
      },
    }),
    restore: useMutation({
      mutationFn: (session: Session) => restoreSession(session.uuid),
      onSuccess: (_, session) => {
        forget(session.uuid)
        stale(keys.sessions)
      },
      onError: (error, session) => {
        // Too late, or brought back elsewhere: it is no use offering it.
        if (error instanceof ApiProblem && error.status === 404) forget(session.uuid)
      },
    }),
  }
}
