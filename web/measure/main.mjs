/**
 * `npm run measure [-- NAME…]`: what the page costs a browser, on the whole system (`devstack web -- …`). The names are
 * paint, table, memory and lighthouse. Prints a table, writes target/bench/web.json, fails when a figure falls short.
 */
import { ask, capture, launch, LOOK, signIn } from './browser.mjs'
import { Figures } from './figures.mjs'
import { judge } from './lighthouse.mjs'
import { memory } from './memory.mjs'
import { paint } from './paint.mjs'
import { table } from './table.mjs'

const PORT = 9_333

const wanted = process.argv.slice(2)
const wants = (name) => wanted.length === 0 || wanted.includes(name)
const figures = new Figures()

const browser = await launch([`--remote-debugging-port=${PORT}`])
try {
  // Not a context of its own: Lighthouse opens its pages in the browser's first one.
  const context = await browser.newContext(LOOK)
  const page = await context.newPage()
  await signIn(page, 'Lea_Modere')
  const session = await capture(page, ['harborlight', 'petitpixel'])
  const { body } = await ask(page, 'GET', `/api/v1/sessions/${session}/accounts?limit=1`)
  const someone = body.people[0].twitch_id
  const cookies = await context.cookies()
  const screens = [
    { path: '/', name: '/' },
    { path: '/channels', name: '/channels', signedIn: true },
    { path: '/channels/harborlight', name: '/channels/:login', signedIn: 'charts' },
    { path: `/sessions/${session}`, name: '/sessions/:uuid', signedIn: 'charts' },
    { path: '/sessions', name: '/sessions', signedIn: true },
    { path: '/compare', name: '/compare', signedIn: true },
    { path: `/accounts/${someone}`, name: '/accounts/:id', signedIn: true },
    { path: '/settings', name: '/settings', signedIn: true },
  ]

  if (wants('paint')) await paint(browser, figures, screens, cookies)
  // Before the room of 30,000 is captured: whose accounts the system then asks about for a while, on the same processors.
  if (wants('lighthouse')) {
    const cdp = await browser.newBrowserCDPSession()
    const kept = cookies.map(({ name, value, domain, path, httpOnly, sameSite }) => ({ name, value, domain, path, httpOnly, sameSite }))
    for (const screen of screens) await judge(PORT, cdp, figures, screen, kept)
    await cdp.send('Storage.clearCookies')
  }
  if (wants('table')) await table(page, figures)
  if (wants('memory')) {
    await memory(context, figures, { logins: ['harborlight', 'petitpixel', 'lea_modere', 'sam_nightshift'], login: 'harborlight' })
  }
} finally {
  await browser.close()
}
process.exitCode = (await figures.finish()) ? 0 : 1
