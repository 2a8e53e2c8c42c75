/** What a first visit costs: bytes of script, and when something and the largest thing are painted on a slow processor. */
import { baseUrl, LOOK, median } from './browser.mjs'

const RUNS = 5
const SLOWDOWN = 4
const KB = 1024

async function visit(browser, path, cookies) {
  const context = await browser.newContext(LOOK)
  if (cookies) {
    await context.addCookies(cookies)
    await context.addInitScript(() => localStorage.setItem('signed-in', '1'))
  }
  const page = await context.newPage()
  const cdp = await context.newCDPSession(page)
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: SLOWDOWN })
  const scripts = []
  page.on('response', (response) => {
    if (response.request().resourceType() === 'script') scripts.push(response.request())
  })
  await page.addInitScript(() => {
    globalThis.largest = 0
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) globalThis.largest = entry.startTime
    }).observe({ type: 'largest-contentful-paint', buffered: true })
  })
  await page.goto(baseUrl + path)
  await page.locator('h1').waitFor()
  // Nothing larger comes once the page has its answers and has been quiet for a while.
  // Not at each frame: looking costs a slow processor, too.
  await page.waitForFunction(() => !document.querySelector('.skeleton'), null, { polling: 500 })
  await page.waitForTimeout(1_500)
  const { first, largest } = await page.evaluate(() => ({
    first: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Infinity,
    largest: globalThis.largest,
  }))
  let bytes = 0
  for (const request of scripts) bytes += (await request.sizes()).responseBodySize
  await context.close()
  return { first, largest, bytes }
}

export async function paint(browser, figures, screens, cookies) {
  for (const { path, name, signedIn } of screens) {
    const runs = []
    for (let run = 0; run < RUNS; run += 1) runs.push(await visit(browser, path, signedIn ? cookies : null))
    figures.add(`${name}: script, compressed`, Math.max(...runs.map((run) => run.bytes)) / KB, 'KB', signedIn === 'charts' ? null : 200)
    figures.add(`${name}: first contentful paint, ${SLOWDOWN}× slower`, median(runs.map((run) => run.first)), 'ms', 1_000)
    figures.add(`${name}: largest contentful paint, ${SLOWDOWN}× slower`, median(runs.map((run) => run.largest)), 'ms', 1_500)
  }
}
