/** Steering of the simulated Twitch that the journeys run against. */
import { expect } from '@playwright/test'

/** Channels of the simulated world, by their fixed ids. */
export const HARBORLIGHT = '10000003'
export const PETITPIXEL = '10000002'

async function ask(method: 'POST' | 'PUT', path: string, body: object = {}): Promise<Record<string, unknown>> {
  const base = process.env.E2E_SIM_URL
  if (!base) throw new Error('E2E_SIM_URL is not set')
  const response = await fetch(`${base}/sim${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  expect(response.ok, `${path}: ${response.status}`).toBe(true)
  return response.status === 204 ? {} : ((await response.json()) as Record<string, unknown>)
}

/** Puts the channel on the air now, whatever the simulated calendar says. */
export const goLive = (channel: string): Promise<unknown> => ask('POST', `/channels/${channel}/live`)

/** Accounts registered within hours of one day walk into the chat together; when this returns, all are there. */
export async function sendBatch(channel: string, size: number): Promise<void> {
  await ask('POST', `/channels/${channel}/operators`, { kind: 'B1', size, waves: 1, minutes: 180 })
  await ask('PUT', '/clock', { advance_seconds: 60 })
}
