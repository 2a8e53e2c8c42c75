/** Files to keep. Each answers false when the login has expired, which the page then says; other refusals are thrown. */
import { fetchMe } from '@/api/client'
import { fetchEverything } from '@/api/me'
import { ApiProblem } from '@/api/problem'
import { save } from '@/domain/download'

import { sessionExpired } from './useAuth'

async function begun(start: () => Promise<void>): Promise<boolean> {
  try {
    await start()
    return true
  } catch (error) {
    if (!(error instanceof ApiProblem && error.isSessionLost)) throw error
    sessionExpired()
    return false
  }
}

/**
 * Asks the browser for a file that may be long: it saves it itself, and the page never holds it. Who is signed in is
 * asked first. Whether the file is refused for another reason only the browser learns: to ask for it twice would take
 * two of the few turns, and find everybody in it twice.
 */
export const download = (address: string): Promise<boolean> =>
  begun(async () => {
    await fetchMe()
    const link = document.createElement('a')
    link.href = address
    link.download = ''
    link.click()
  })

/** All that is kept about whoever is signed in. It is short: the page asks for it, and can say why it is refused. */
export const saveEverything = (): Promise<boolean> => begun(async () => save('my-data.json', await fetchEverything()))
