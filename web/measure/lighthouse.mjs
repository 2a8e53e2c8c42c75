/** Lighthouse on pages, with its own idea of a phone, in a browser in which somebody may be signed in. */
import lighthouse from 'lighthouse'

import { baseUrl, median } from './browser.mjs'

const CATEGORIES = ['performance', 'accessibility', 'best-practices', 'seo']

/** Its figures vary from run to run; of an odd number of runs the median stands. */
const RUNS = 3

/** A signed-in page is not for search engines; its accessibility is as much asked for as that of the first. */
const targets = (signedIn) =>
  signedIn
    ? { performance: 90, accessibility: 95, 'best-practices': 95, seo: null }
    : { performance: 95, accessibility: 95, 'best-practices': 95, seo: 95 }

/** `cookies` are those of somebody who is signed in. They are set before each run, as Lighthouse's tab takes them along. */
export async function judge(port, cdp, figures, { path, name, signedIn }, cookies) {
  const results = []
  for (let run = 0; run < RUNS; run++) {
    await cdp.send('Storage.clearCookies')
    if (signedIn) await cdp.send('Storage.setCookies', { cookies })
    const result = await lighthouse(baseUrl + path, {
      port,
      onlyCategories: CATEGORIES,
      disableStorageReset: Boolean(signedIn),
      // The event stream never ends, so a signed-in page never falls silent.
      maxWaitForLoad: 20_000,
      logLevel: 'error',
    })
    if (!result) throw new Error(`Lighthouse has nothing to say of ${path}`)
    const shown = new URL(result.lhr.finalDisplayedUrl)
    if (shown.pathname !== path) throw new Error(`Lighthouse was sent from ${path} to ${shown.pathname}`)
    results.push(result.lhr)
  }
  const wanted = targets(signedIn)
  for (const key of CATEGORIES) {
    const score = median(results.map(({ categories }) => (categories[key].score ?? 0) * 100))
    figures.add(`${name}: Lighthouse ${key}`, score, '', wanted[key] ?? null, { least: true })
    const { audits, categories } = results.at(-1)
    const short = categories[key].auditRefs.filter(({ id, weight }) => weight > 0 && (audits[id]?.score ?? 1) < 0.9)
    for (const { id } of short) console.error(`    ${id}: ${audits[id].displayValue ?? audits[id].title}`)
  }
}
