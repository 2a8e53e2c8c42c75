/** What one does to a session. */
import type { Session } from '@/domain/session'
import type { SessionUuid } from '@/domain/ids'

import { ask, http } from './client'
import { parseSession } from './parse'
import { ApiProblem } from './problem'

const at = (uuid: SessionUuid) => ({ params: { path: { uuid } } })

/** Keeps a session beyond its time; in the place of `replace`, when as many are saved as may be. */
export async function saveSession(uuid: SessionUuid, name: string, replace: SessionUuid | null): Promise<Session> {
  const body = replace ? { name, replace } : { name }
  return parseSession(await ask(http.POST('/api/v1/sessions/{uuid}/save', { ...at(uuid), body })))
}

export async function renameSession(uuid: SessionUuid, name: string): Promise<Session> {
  return parseSession(await ask(http.PATCH('/api/v1/sessions/{uuid}', { ...at(uuid), body: { name } })))
}

/** Takes the captures out of a session and leaves it there, empty. */
export async function purgeSession(uuid: SessionUuid): Promise<void> {
  await ask(http.POST('/api/v1/sessions/{uuid}/purge', at(uuid)))
}

export async function deleteSession(uuid: SessionUuid): Promise<void> {
  await ask(http.DELETE('/api/v1/sessions/{uuid}', at(uuid)))
}

/** Undoes a deletion, for as long as that can be done. */
export async function restoreSession(uuid: SessionUuid): Promise<void> {
  await ask(http.POST('/api/v1/sessions/{uuid}/restore', at(uuid)))
}

export interface TooManySaved {
  /** How many may be saved, where that is said. */
  readonly limit: number | null
}

/** What a refusal says when it is because there are too many saved sessions. */
export function tooManySaved(error: unknown): TooManySaved | null {
  if (!(error instanceof ApiProblem) || error.code !== 'too_many_saved_sessions') return null
  const { limit } = error.more
  return { limit: typeof limit === 'number' ? limit : null }
}
