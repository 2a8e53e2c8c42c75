/** Whether a page that stays open while its channels change grows. */
import { ask, baseUrl } from './browser.mjs'

const UPDATES = 200
/** Until the browser has compiled what updates run through; that is kept, and is none of the page's data. */
const WARM_UP = 40
/** Captures of one channel within ten seconds are one. */
const CAPTURES_EVERY = 10_000
/** Each mark makes the page ask all again about its channel, and a person may ask ten times a second. */
const MARKS_EVERY = 2_000
/** For each of the two waits. */
const PATIENCE = 360_000
const MB = 1024 * 1024

/**
 * Runs in a page before its own scripts: reads along its event stream, and counts what is about `channels`. Told of every
 * channel of its person and of accounts of anybody's, a page takes most events in without anything to redraw.
 */
function readAlong(channels) {
  globalThis.heard = { updates: 0, captures: 0 }
  const isAbout = ({ channel_id: one, channels: several = [] }) =>
    channels.includes(one) || several.some(({ channel_id: id }) => channels.includes(id))
  async function count(stream) {
    const reader = stream.pipeThrough(new TextDecoderStream()).getReader()
    for (let rest = ''; ; ) {
      const { done, value } = await reader.read()
      if (done) return
      const lines = (rest + value).split('\n')
      rest = lines.pop()
      for (const line of lines) {
        const event = line.startsWith('data:') ? JSON.parse(line.slice('data:'.length)) : null
        if (!event || !isAbout(event)) continue
        globalThis.heard.updates += 1
        if (event.type === 'capture') globalThis.heard.captures += 1
      }
    }
  }
  const ask = globalThis.fetch
  globalThis.fetch = async (...request) => {
    const response = await ask(...request)
    if (request[0] !== '/api/v1/events' || !response.ok) return response
    const [theirs, ours] = response.body.tee()
    // Cut off: the page opens another.
    count(ours).catch(() => undefined)
    return new Response(theirs, response)
  }
}

async function sizeOf(page, cdp) {
  // Twice: what the first frees may let go of more.
  await cdp.send('HeapProfiler.collectGarbage')
  await cdp.send('HeapProfiler.collectGarbage')
  const { usedSize } = await cdp.send('Runtime.getHeapUsage')
  const { nodes } = await cdp.send('Memory.getDOMCounters')
  return { heap: usedSize, nodes }
}

/** Watches one page until it has heard enough: what it heard, and its size before and after. */
async function watch(context, { path, ids }) {
  const page = await context.newPage()
  await page.addInitScript(readAlong, ids)
  await page.goto(baseUrl + path)
  await page.locator('h1').waitFor()
  const cdp = await context.newCDPSession(page)
  const heard = () => page.evaluate(() => globalThis.heard)
  async function until(wanted) {
    const end = performance.now() + PATIENCE
    for (let { updates } = await heard(); updates < wanted; { updates } = await heard()) {
      if (performance.now() > end) throw new Error(`${path} heard ${updates} updates of ${wanted}`)
      await page.waitForTimeout(1_000)
    }
  }

  await until(WARM_UP)
  const [from, before] = [await heard(), await sizeOf(page, cdp)]
  await until(from.updates + UPDATES)
  // What the last of them made the page ask for.
  await page.waitForTimeout(3_000)
  const [to, after] = [await heard(), await sizeOf(page, cdp)]
  await page.close()
  return { updates: to.updates - from.updates, captures: to.captures - from.captures, before, after }
}

/** Makes things happen for as long as somebody watches: captures of all channels, and marks in one. */
async function drive(page, { all, marked }, isWatched) {
  const { body: list } = await ask(page, 'GET', `/api/v1/channels/${marked}/accounts?limit=1`)
  const account_ids = [list.people[0].twitch_id]
  async function request(method, path, body) {
    const { status } = await ask(page, method, `/api/v1${path}`, body)
    // Too many at once: the next turn asks again.
    if (status >= 300 && status !== 429) throw new Error(`${method} ${path} was refused: ${status}`)
  }
  const mark = (verdict) => request('PUT', `/channels/${marked}/verdicts`, { account_ids, verdict })
  let captured = -Infinity
  for (let turn = 0; isWatched(); turn += 1) {
    if (performance.now() - captured >= CAPTURES_EVERY) {
      captured = performance.now()
      await request('POST', '/captures', { channel_ids: all })
    }
    await mark(turn % 2 === 0 ? 'people' : null)
    await page.waitForTimeout(MARKS_EVERY)
  }
  await mark(null)
}

/** Two pages at once, told by the same stream: that of all channels, and that of one of them. */
export async function memory(context, figures, { logins, login }) {
  const driver = await context.newPage()
  await driver.goto(`${baseUrl}/robots.txt`)
  const { body } = await ask(driver, 'GET', '/api/v1/channels')
  const idOf = (name) => body.channels.find((channel) => channel.login === name).id
  const screens = [
    { path: '/channels', name: '/channels', ids: body.channels.map((channel) => channel.id) },
    { path: `/channels/${login}`, name: '/channels/:login', ids: [idOf(login)] },
  ]

  let watched = true
  const [seen] = await Promise.all([
    Promise.all(screens.map((screen) => watch(context, screen))).finally(() => (watched = false)),
    drive(driver, { all: logins.map(idOf), marked: idOf(login) }, () => watched),
  ])
  for (const [i, { updates, captures, before, after }] of seen.entries()) {
    const { name } = screens[i]
    figures.add(`${name}: live updates of its channels heard`, updates, 'events', UPDATES, { least: true })
    figures.add(`${name}: captures among them`, captures, '', null)
    figures.add(`${name}: heap before`, before.heap / MB, 'MB', null)
    figures.add(`${name}: heap grown since`, (after.heap - before.heap) / MB, 'MB', 1)
    figures.add(`${name}: elements grown since`, after.nodes - before.nodes, 'nodes', 500)
  }
  await driver.close()
}
