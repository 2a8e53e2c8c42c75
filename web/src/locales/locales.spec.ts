import { readdirSync, readFileSync } from 'node:fs'

import { describe, expect, it } from 'vitest'

import { preferredLocale } from './index'

interface Tree {
  [key: string]: string | Tree
}
const read = (locale: string) => JSON.parse(readFileSync(`src/locales/${locale}.json`, 'utf8')) as Tree

/** Every message by its path, with what stands in it for a value and how many forms it has. */
function shapes(tree: Tree, path: string[] = []): Map<string, string> {
  const found = new Map<string, string>()
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value !== 'string') {
      for (const [name, shape] of shapes(value, [...path, key])) found.set(name, shape)
      continue
    }
    const names = new Set([...value.matchAll(/\{(\w+)\}/g)].map((match) => match[1]))
    const forms = value.split(' | ').length
    found.set([...path, key].join('.'), `${[...names].sort().join(',')} ×${forms}`)
  }
  return found
}

const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.(vue|ts)$/.test(name) && !/\.(spec|d)\.ts$|^testing\//.test(name))
  .map((name) => ({ name, source: readFileSync(`src/${name}`, 'utf8') }))

/**
 * What is written out where words from the locales belong: strings with letters in them, alone or after a `?` or `:`, under
 * the keys and bound attributes whose values people read. Attributes that are not bound are the linter's.
 */
function writtenOut(source: string): string[] {
  const own = source.replace(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, '')
  const keys = /\b(?:text|label|heading|note|lead|words): (?:[^,(){}\n'"`]*[?:] )?(['"`])(.*?)\1/g
  const attributes =
    /\s(?:v-bind)?:(?:title|aria-label|alt|placeholder|label|heading|text|note|lead|unit)="(?:[^,(){}\n'"`]*[?:] )?(')(.*?)\1/g
  return [...own.matchAll(keys), ...own.matchAll(attributes)]
    .filter(([, , literal]) => /\p{L}/u.test(literal ?? ''))
    .map(([whole]) => whole.trim())
}

describe('the locales', () => {
  const [fr, en] = [read('fr'), read('en')].map((tree) => shapes(tree)) as [Map<string, string>, Map<string, string>]

  it('have the same messages, values and forms', () => {
    expect(Object.fromEntries(en)).toEqual(Object.fromEntries(fr))
  })

  it('are spaced as French is', () => {
    const text = readFileSync('src/locales/fr.json', 'utf8')
    const values = [...text.matchAll(/: "(.*)",?$/gm)].map((match) => match[1] ?? '')
    expect(values.filter((value) => / [:;?!»]|« /.test(value))).toEqual([])
  })

  it.each(['fr', 'en'])('call nobody a bot, in %s', (locale) => {
    const lines = readFileSync(`src/locales/${locale}.json`, 'utf8').split('\n')
    expect(lines.filter((line) => /\b(ro)?bots?\b/i.test(line))).toEqual([])
  })

  it('hold every word that the page says', () => {
    const found = sources.flatMap(({ name, source }) => writtenOut(source).map((literal) => `${name}: ${literal}`))
    expect(found).toEqual([])
  })

  it('would be missed where words are written out', () => {
    expect(writtenOut("say({ tone: 'plain', text: 'Oh' })")).toEqual(["text: 'Oh'"])
    expect(writtenOut('{ label: `${count} of ${t(`a.${key}`, { all })}` }')).toEqual(['label: ` of `'])
    expect(writtenOut("note: isKnown ? 'Oh' : null")).toEqual(["note: isKnown ? 'Oh'"])
    expect(writtenOut(`<p :title="isKnown ? 'Oh' : undefined" />`)).toEqual([`:title="isKnown ? 'Oh'`])
    expect(writtenOut("text: t(isKnown ? 'a.b' : 'a.c'), label: `${a} · ${b}`, note: '–'")).toEqual([])
  })

  it('hold nothing that no source file names', () => {
    const source = sources.map((one) => one.source).join('\n')
    // `problem.*` and the like are looked up by a code; their stem must be there.
    const unused = [...fr.keys()].filter((key) => {
      const stems = key.split('.').map((_, i, parts) => parts.slice(0, i + 1).join('.'))
      const named = source.includes(`'${key}'`) || source.includes(`"${key}"`)
      return !named && !stems.some((stem) => source.includes(`\`${stem}.\${`)) && !isTitle(key, source)
    })
    expect(unused).toEqual([])
  })
})

/** `privacy.${section}Title`: the part before the capital is put together. */
const isTitle = (key: string, source: string): boolean =>
  /^(\w+)\.[a-z]+(Title|Text)$/.test(key) && source.includes(`\`${key.split('.')[0] ?? ''}.\${section}`)

describe('preferredLocale', () => {
  it('is the choice, else the first known language of the browser, else French', () => {
    expect(preferredLocale('en', ['fr-FR'])).toBe('en')
    expect(preferredLocale('xx', ['de-DE', 'en-GB', 'fr'])).toBe('en')
    expect(preferredLocale(null, ['FR-ca'])).toBe('fr')
    expect(preferredLocale(null, ['ja'])).toBe('fr')
  })
})
