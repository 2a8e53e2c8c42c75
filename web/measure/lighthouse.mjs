/** Lighthouse on pages, with its own idea of a phone, in a browser in which somebody may be signed in. */
import lighthouse from 'lighthouse'

import { baseUrl } from './browser.mjs'

const CATEGORIES = ['performance', 'accessibility', 'best-practices', 'seo']

/** A signed-in page is not for search engines; its accessibility is as much asked for as that of the first. */
const targets = (signedIn) =>
  signedIn
    ? { performance: 90, accessibility: 95, 'best-practices': 95, seo: null }
    : { performance: 95, accessibility: 95, 'best-practices': 95, seo: 95 }

export async function judge(port, figures, { path, name, signedIn }) {
  const result = await lighthouse(baseUrl + path, {
    port,
    onlyCategories: CATEGORIES,
    disableStorageReset: Boolean(signedIn),
    logLevel: 'error',
  })
  if (!result) throw new Error(`Lighthouse has nothing to say of ${path}`)
  const wanted = targets(signedIn)
  for (const [key, { score, auditRefs }] of Object.entries(result.lhr.categories)) {
    figures.add(`${name}: Lighthouse ${key}`, (score ?? 0) * 100, '', wanted[key] ?? null, { least: true })
    const { audits } = result.lhr
    const short = auditRefs.filter(({ id, weight }) => weight > 0 && (audits[id]?.score ?? 1) < 0.9)
    for (const { id } of short) console.error(`    ${id}: ${audits[id].displayValue ?? audits[id].title}`)
  }
}
