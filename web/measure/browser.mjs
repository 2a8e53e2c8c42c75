/** A browser to measure with, and how to get somebody signed in. */
import { chromium } from '@playwright/test'

export const baseUrl = process.env.E2E_BASE_URL
if (!baseUrl) throw new Error('E2E_BASE_URL is not set: run `devstack web -- npm --prefix web run measure`')

export const LOOK = { locale: 'fr-FR', timezoneId: 'Europe/Paris', colorScheme: 'dark', viewport: { width: 1440, height: 900 } }

export function launch(more = []) {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', ...more],
  })
}

/** Signs in as one of the simulated people; the context keeps the cookie. */
export async function signIn(page, person) {
  await page.goto(baseUrl)
  await page.getByRole('link', { name: 'Continuer avec Twitch' }).first().click()
  await page.getByRole('radio', { name: new RegExp(person) }).check()
  await page.getByRole('button', { name: 'Autoriser' }).click()
  await page.waitForURL(`${baseUrl}/channels`)
}

/** A request that the page itself might make. */
export async function ask(page, method, path, body) {
  return page.evaluate(
    async ([method, path, body]) => {
      const headers = body ? { 'content-type': 'application/json' } : {}
      const response = await fetch(path, { method, headers, body: body && JSON.stringify(body) })
      return { status: response.status, body: await response.json().catch(() => null) }
    },
    [method, path, body],
  )
}

/** Captures these channels now and waits until each capture is stored. */
export async function capture(page, logins, within = 120_000) {
  const { body: list } = await ask(page, 'GET', '/api/v1/channels')
  const ids = list.channels.filter((channel) => logins.includes(channel.login)).map((channel) => channel.id)
  const { status, body } = await ask(page, 'POST', '/api/v1/captures', { channel_ids: ids })
  if (status !== 202) throw new Error(`captures were refused: ${status} ${JSON.stringify(body)}`)
  const until = Date.now() + within
  for (const job of body.jobs) {
    for (;;) {
      const { body: now } = await ask(page, 'GET', `/api/v1/jobs/${job.id}`)
      if (now.state === 'done') break
      if (now.state === 'dead' || Date.now() > until) throw new Error(`a capture is ${now.state}: ${now.last_error}`)
      await new Promise((resolve) => setTimeout(resolve, 250))
    }
  }
  return body.session
}

export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]
