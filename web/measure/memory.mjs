/** Whether a page that stays open while captures land grows. */
import { ask, baseUrl } from './browser.mjs'

const UPDATES = 200
/** Until the browser has compiled what updates run through; that is kept, and is none of the page's data. */
const WARM_UP = 140
const MB = 1024 * 1024

/** Listens to the same events as the page, to know how many it was told. */
async function listen(page) {
  await page.evaluate(() => {
    globalThis.heard = 0
    const source = new EventSource('/api/v1/events')
    const count = () => (globalThis.heard += 1)
    source.addEventListener('message', count)
    for (const name of ['job', 'capture', 'enriched']) source.addEventListener(name, count)
  })
  return () => page.evaluate(() => globalThis.heard)
}

async function grown(page, cdp) {
  // Twice: what the first frees may let go of more.
  await cdp.send('HeapProfiler.collectGarbage')
  await cdp.send('HeapProfiler.collectGarbage')
  const { usedSize } = await cdp.send('Runtime.getHeapUsage')
  const { nodes } = await cdp.send('Memory.getDOMCounters')
  return { heap: usedSize, nodes }
}

export async function memory(context, figures, { path, name, logins }) {
  const page = await context.newPage()
  const driver = await context.newPage()
  await driver.goto(`${baseUrl}/robots.txt`)
  const heard = await listen(driver)
  const { body } = await ask(driver, 'GET', '/api/v1/channels')
  const ids = body.channels.filter((channel) => logins.includes(channel.login)).map((channel) => channel.id)
  await page.goto(baseUrl + path)
  await page.locator('h1').waitFor()
  const cdp = await context.newCDPSession(page)

  async function until(wanted) {
    while ((await heard()) < wanted) {
      await ask(driver, 'POST', '/api/v1/captures', { channel_ids: ids })
      // Captures of one channel within ten seconds are one.
      await driver.waitForTimeout(2_500)
    }
  }
  await until(WARM_UP)
  const before = await grown(page, cdp)
  const from = await heard()
  await until(from + UPDATES)
  await page.waitForTimeout(3_000)
  const after = await grown(page, cdp)
  figures.add(`${name}: live updates heard`, (await heard()) - from, 'events', UPDATES, { least: true })
  figures.add(`${name}: heap before`, before.heap / MB, 'MB', null)
  figures.add(`${name}: heap grown since`, (after.heap - before.heap) / MB, 'MB', 1)
  figures.add(`${name}: elements grown since`, after.nodes - before.nodes, 'nodes', 500)
  await page.close()
  await driver.close()
}
