import { readdirSync, readFileSync } from 'node:fs'

import { describe, expect, it } from 'vitest'

import { ApiProblem } from '@/api/problem'
import fr from '@/locales/fr.json'
import { mountInPage } from '@/testing/mount'
import { plain } from '@/testing/samples'

import { useProblemText, wordsFor } from './useProblemText'

/** Where what the page may be told comes from: its own server, those that this one hands on, and what jobs end with. */
const CRATES = ['analysis', 'common', 'gateway', 'twitch-api', 'worker']
/** Said between our own services, or by what only trials do. */
const NOT_FOR_PAGES = ['probe_refused', 'too_many_ids']

/** Made from a constant, which could be anything's. */
const BY_CONSTANT = ['capture_late']

const source = CRATES.flatMap((crate) =>
  readdirSync(`../crates/${crate}/src`, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.rs'))
    .map((name) => readFileSync(`../crates/${crate}/src/${name}`, 'utf8').split('#[cfg(test)]')[0] ?? ''),
)

/** Every code that stands where a problem or a job's failure is made. */
function codes(): Set<string> {
  const found = new Set(BY_CONSTANT)
  for (const text of source) {
    const made = /\b(?:Problem|Failure|JobError|Self)::(?:new|bad_request|unavailable|refused\w*|fail|retry)\(\s*(?:[\w:.()]+,\s*)?"([a-z_]+)"/g
    for (const [, code] of text.matchAll(made)) found.add(code!)
    for (const [, what] of text.matchAll(/\bProblem::not_found\("([a-z_]+)"/g)) found.add(`${what}_not_found`)
    // What Twitch's refusals, and those of our own services, are called.
    for (const [, code] of text.matchAll(/Self::\w+[^=\n]*=> "([a-z]+_[a-z_]+)"/g)) found.add(code!)
  }
  return found
}

describe('words for problems', () => {
  it('are there for every code that the services have', () => {
    const all = codes()
    // One of each way to make them, so that what is not found any more is seen.
    for (const known of ['too_many_streams', 'too_many_bars', 'session_not_found', 'budget_exhausted', 'worker_lost', 'timeout']) {
      expect(all).toContain(known)
    }
    const missing = [...all].filter((code) => !NOT_FOR_PAGES.includes(code) && wordsFor(code, (key) => key in fr.problem) === null)
    expect(missing).toEqual([])
  })

  it('are the same for all that asks for what there is not', () => {
    expect(wordsFor('unit_invalid', () => false)).toBe('misunderstood')
    expect(wordsFor('name_invalid', () => true)).toBe('name_invalid')
    expect(wordsFor('no_such_code', () => false)).toBeNull()
  })

  it('tell when to try again only as far as that is known', async () => {
    let words!: ReturnType<typeof useProblemText>
    await mountInPage({
      setup() {
        words = useProblemText()
        return () => null
      },
    })
    const told = (seconds: number | null) => plain(words.ofError(new ApiProblem(429, 'too_many_requests', '', null, seconds)))
    expect(told(7)).toContain('Réessayez dans 7 s.')
    expect(told(null)).toContain('Réessayez dans un instant.')
  })
})
