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

  it('hold nothing that no source file names', () => {
    const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter(
      (name) => /\.(vue|ts)$/.test(name) && !name.endsWith('.spec.ts'),
    )
    const source = files.map((name) => readFileSync(`src/${name}`, 'utf8')).join('\n')
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
