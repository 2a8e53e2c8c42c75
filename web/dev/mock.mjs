// A stand-in for the gateway, to work on the page before there is one. Serves dist/ under the strict CSP.
import { createServer } from 'node:http'
import { readFile } from 'node:fs/promises'
import { extname, join, normalize } from 'node:path'

const DIST = new URL('../dist/', import.meta.url).pathname
const PORT = Number(process.env.PORT ?? 8090)
const CSP = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: https://static-cdn.jtvnw.net; font-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.woff2': 'font/woff2', '.txt': 'text/plain' }
const minutes = (n) => new Date(Date.now() - n * 60_000).toISOString()
const state = { signedIn: process.env.SIGNED_IN !== '0', clients: new Set(), event: 0, job: 100 }
const U = '0198b6a0-0000-7000-8000-000000000001'
const names = (n, stem) => Array.from({ length: n }, (_, i) => `${stem}${1000 + i * 37}`)
const channels = [
  { id: '11', login: 'lumi_nocturne', display_name: 'Lumi_Nocturne', profile_image_url: null, role: 'broadcaster', live: { started_at: minutes(132), viewer_count: 1873, title: 'On finit le jeu' }, last_capture: { id: '900', captured_at: minutes(12), chatters_count: 2412 } },
  { id: '12', login: 'capitaine_gaufre', display_name: 'Capitaine_Gaufre', profile_image_url: null, role: 'moderator', live: { started_at: minutes(40), viewer_count: 214, title: 'x' }, last_capture: null },
  { id: '13', login: 'speedrun_fr', display_name: 'SpeedrunFR', profile_image_url: null, role: 'moderator', live: { started_at: minutes(400), viewer_count: 24810, title: 'x' }, last_capture: { id: '901', captured_at: minutes(60 * 26), chatters_count: 29944 } },
  { id: '14', login: 'tarte_aux_noix', display_name: 'くるみタルト', profile_image_url: null, role: 'moderator', live: null, last_capture: { id: '902', captured_at: minutes(60 * 24 * 9), chatters_count: 58 } },
]
const cn = channels.map(({ id, login, display_name }) => ({ id, login, display_name }))
const sessions = [
  { uuid: U, status: 'active', name: '', created_at: minutes(700), updated_at: minutes(12), expires_at: minutes(-60 * 24 * 6), captures: 48, channels: cn.slice(0, 3) },
  { uuid: U.replace(/1$/, '2'), status: 'saved', name: 'Vague du 12 mai', created_at: minutes(60 * 24 * 40), updated_at: minutes(60 * 24 * 39), expires_at: null, captures: 12, channels: cn.slice(0, 1) },
  { uuid: U.replace(/1$/, '3'), status: 'expired', name: '', created_at: minutes(60 * 24 * 80), updated_at: minutes(60 * 24 * 79), expires_at: minutes(60 * 24 * 70), captures: 1, channels: cn.slice(1, 2) },
]
const days = [['2025-05-12', 87], ['2025-05-11', 23], ['2024-12-25', 14], ['2023-01-01', 12], ['2020-04-18', 11], ['2020-04-11', 11], ['2021-02-14', 9], ['2019-08-31', 8], ['2022-03-05', 8], ['2018-11-02', 7]]
const summary = (wanted) => ({
  session: U, coverage: { captures: 48, first_captured_at: minutes(700), last_captured_at: minutes(12) },
  distinct_accounts: wanted.length ? 1204 : 4210, enriched_accounts: wanted.length ? 1204 : 4098,
  channels: cn.slice(0, 3).filter((c) => !wanted.length || wanted.includes(c.id)).map((c, i) => ({ ...c, captures: [30, 6, 12][i], distinct_accounts: [2980, 420, 1204][i], last_captured_at: minutes(12 + i * 44) })),
  top_creation_days: days.map(([day, accounts], i) => ({ day, accounts, logins: names(Math.min(accounts, i === 0 ? 80 : 100), `viewer_${i}_`) })),
})
const send = (event, data) => {
  state.event += 1
  for (const res of state.clients) res.write(`id: ${state.event}\nevent: ${event}\ndata: ${JSON.stringify({ type: event, ...data })}\n\n`)
}
function run(job, channel) {
  const total = channel.last_capture?.chatters_count ?? 214, pages = Math.ceil(total / 1000)
  const fails = channel.id === '14'
  const steps = Array.from({ length: pages }, (_, i) => ({ pages: i + 1, pages_total: pages, chatters: Math.min(total, (i + 1) * 1000), total }))
  let i = 0
  const tick = () => {
    if (fails) return send('job', { ...job, state: 'dead', attempt: 5, last_error: 'twitch_unavailable: answered 503' })
    if (i < steps.length) { send('job', { ...job, state: 'running', attempt: 1, progress: steps[i++] }); return setTimeout(tick, 250) }
    channel.last_capture = { id: String(1000 + state.job), captured_at: new Date().toISOString(), chatters_count: total }
    send('job', { ...job, state: 'done', attempt: 1 })
    send('capture', { capture_id: '1000', channel_id: channel.id, session: U, captured_at: new Date().toISOString(), chatters_count: total, new_count: 12 })
  }
  setTimeout(tick, 400)
}
const json = (res, status, body) => res.writeHead(status, { 'content-type': status >= 400 ? 'application/problem+json' : 'application/json' }).end(JSON.stringify(body))
const problem = (res, status, code) => json(res, status, { type: 'about:blank', title: code, status, code, detail: code, request_id: 'req-1234' })

createServer(async (req, res) => {
  const url = new URL(req.url, 'http://x')
  res.setHeader('content-security-policy', CSP)
  const api = url.pathname.startsWith('/api/v1') ? url.pathname.slice(7) : null
  if (url.pathname === '/auth/login') { state.signedIn = true; return res.writeHead(302, { location: url.searchParams.get('return_to') ?? '/channels' }).end() }
  if (url.pathname === '/auth/logout') { state.signedIn = false; return res.writeHead(204).end() }
  if (url.pathname === '/mock/expire') { state.signedIn = false; for (const c of state.clients) c.destroy(); return res.writeHead(204).end() }
  if (url.pathname === '/mock/drop') { for (const c of state.clients) c.destroy(); return res.writeHead(204).end() }
  if (api !== null) {
    if (!state.signedIn) return problem(res, 401, 'not_authenticated')
    if (api === '/me') return json(res, 200, { user: { id: '11', login: 'lumi_nocturne', display_name: 'Lumi_Nocturne', profile_image_url: null }, scopes: [], grant: 'valid' })
    if (api === '/channels') return json(res, 200, { channels, stale: false })
    if (api === '/sessions') return json(res, 200, { sessions })
    if (api === '/events') {
      res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' }).write(': hello\n\n')
      state.clients.add(res)
      return req.on('close', () => state.clients.delete(res))
    }
    if (api === '/captures' && req.method === 'POST') {
      let body = ''
      for await (const chunk of req) body += chunk
      const jobs = JSON.parse(body).channel_ids.map((id) => {
        const job = { id: String(state.job++), kind: 'capture_chatters', state: 'ready', attempt: 0, max_attempt: 5, channel_id: id, capture_id: null, run_at: minutes(0) }
        run(job, channels.find((c) => c.id === id))
        return { id: job.id, channel_id: id, state: 'ready' }
      })
      return json(res, 202, { session: U, jobs })
    }
    const found = /^\/sessions\/([^/]+)(\/summary)?$/.exec(api)
    if (found) {
      const session = sessions.find((s) => s.uuid === found[1])
      if (!session) return problem(res, 404, 'session_not_found')
      return json(res, 200, found[2] ? summary(url.searchParams.getAll('channel')) : session)
    }
    return problem(res, 404, 'not_found')
  }
  const path = normalize(url.pathname)
  try {
    const body = await readFile(join(DIST, path))
    return res.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' }).end(body)
  } catch {
    return res.writeHead(200, { 'content-type': TYPES['.html'] }).end(await readFile(join(DIST, 'index.html')))
  }
}).listen(PORT, '127.0.0.1', () => console.log(`http://127.0.0.1:${PORT}`))
