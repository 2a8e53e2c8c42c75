/** Steering of the simulated Twitch that the journeys run against. */
import { expect } from '@playwright/test'

/** Channels of the simulated world, and the people whose they are, by their fixed ids. */
export const HARBORLIGHT = '10000003'
export const PETITPIXEL = '10000002'
export const GRANDEVAGUE = '10000004'

async function ask<T>(method: 'GET' | 'POST' | 'PUT', path: string, body?: object): Promise<T> {
  const base = process.env.E2E_SIM_URL
  if (!base) throw new Error('E2E_SIM_URL is not set')
  const response = await fetch(`${base}/sim${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  })
  expect(response.ok, `${path}: ${response.status}`).toBe(true)
  return (response.status === 204 ? {} : await response.json()) as T
}

/** Channels that are nearly always live, each off the air for a quarter of an hour every six hours. */
const AROUND_THE_CLOCK = [PETITPIXEL, HARBORLIGHT, GRANDEVAGUE, '10000005']
/** A broadcast younger than this goes on for hours: one of the calendar for five, one of ours for three and a half. */
const YOUNG = 30 * 60_000

interface Told {
  id: string
  live: { started_at: string } | null
}

/** Gives each of these channels a broadcast that outlasts the journeys; those that have one keep it. */
export async function stayLive(): Promise<void> {
  const { channels } = await ask<{ channels: Told[] }>('GET', '/channels')
  for (const { id, live } of channels) {
    if (!AROUND_THE_CLOCK.includes(id) || (live && Date.now() - Date.parse(live.started_at) < YOUNG)) continue
    await ask('POST', `/channels/${id}/offline`)
    await ask('POST', `/channels/${id}/live`, {})
  }
}

/** Puts the channel on the air now, whatever the simulated calendar says, and other tests have made of its clock. */
export async function goLive(channel: string): Promise<void> {
  await ask('PUT', '/clock', { now: new Date().toISOString() })
  await ask('POST', `/channels/${channel}/live`, {})
}

/** Accounts registered within hours of one day walk into the chat together; when this returns, all are there. */
export async function sendBatch(channel: string, size: number): Promise<void> {
  await ask('POST', `/channels/${channel}/operators`, { kind: 'B1', size, waves: 1, minutes: 180 })
  await ask('PUT', '/clock', { advance_seconds: 60 })
}

/** The next so many pages of chatters that this person asks for take a second each. */
export const slowDown = (person: string, pages: number): Promise<unknown> =>
  ask('POST', '/faults', { endpoint: 'GET /chat/chatters', kind: 'slow', seconds: 1, next: pages, user_id: Number(person) })
