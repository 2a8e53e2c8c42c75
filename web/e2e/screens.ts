/** Every screen, and how to get to it with something on it. */
import type { Page } from '@playwright/test'

import { api, captureNow, expect, signIn } from './support'

export interface Screen {
  readonly name: string
  readonly open: (page: Page) => Promise<void>
}

async function settled(page: Page): Promise<void> {
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  // Not the network's silence: the event stream never ends.
  await expect(page.locator('.skeleton')).toHaveCount(0)
}

const goto = (path: string) => async (page: Page): Promise<void> => {
  await page.goto(path)
  await settled(page)
}

interface Listed {
  sessions: { uuid: string; captures: number }[]
}
const session = async (page: Page): Promise<string> => {
  const { sessions } = await api<Listed>(page, 'GET', '/api/v1/sessions')
  return sessions.find((one) => one.captures > 0)!.uuid
}
const someone = async (page: Page): Promise<string> => {
  const path = `/api/v1/sessions/${await session(page)}/accounts?limit=1`
  return (await api<{ people: { twitch_id: string }[] }>(page, 'GET', path)).people[0]!.twitch_id
}

/** Down to the end and up again: the parts of a long page come when they are near. */
async function throughAll(page: Page): Promise<void> {
  for (const part of await page.locator('section.part').all()) {
    await part.scrollIntoViewIfNeeded()
    await expect(part.locator('.skeleton')).toHaveCount(0)
  }
  await page.evaluate(() => scrollTo(0, 0))
}

async function openDialog(page: Page, item: RegExp): Promise<void> {
  await goto('/sessions')(page)
  await page.getByRole('button', { name: /Autres actions sur|More actions on/ }).first().click()
  await page.getByRole('menuitem', { name: item }).click()
  await expect(page.getByRole('dialog')).toBeVisible()
}

/** Signs in and captures, so that no screen is empty. */
export async function prepare(page: Page): Promise<void> {
  await signIn(page, 'Lea_Modere')
  await captureNow(page, ['harborlight', 'petitpixel'])
}

export const screens: readonly Screen[] = [
  { name: 'landing', open: goto('/?error=access_denied') },
  { name: 'channels', open: goto('/channels') },
  { name: 'channel', open: goto('/channels/harborlight') },
  {
    name: 'channel',
    open: async (page) => {
      await goto('/channels/harborlight')(page)
      await expect(page.getByRole('listbox')).toBeVisible({ timeout: 45_000 })
      await expect(page.getByRole('row').nth(1)).toBeVisible()
    },
  },
  {
    name: 'account-menu',
    open: async (page) => {
      await goto('/channels')(page)
      await page.getByRole('button', { name: /Compte de|’s account/ }).click()
      await expect(page.getByRole('button', { name: /Se déconnecter|Log out/ })).toBeVisible()
    },
  },
  { name: 'sessions', open: goto('/sessions') },
  {
    name: 'sessions-menu',
    open: async (page) => {
      await goto('/sessions')(page)
      await page.getByRole('button', { name: /Autres actions sur|More actions on/ }).first().click()
      await expect(page.getByRole('menu')).toBeVisible()
    },
  },
  { name: 'session-rename', open: (page) => openDialog(page, /Renommer|Rename/) },
  { name: 'session-delete', open: (page) => openDialog(page, /Supprimer|Delete/) },
  {
    name: 'session',
    open: async (page) => {
      await goto(`/sessions/${await session(page)}`)(page)
      await throughAll(page)
    },
  },
  {
    name: 'session-export',
    open: async (page) => {
      await goto(`/sessions/${await session(page)}`)(page)
      await page.getByRole('button', { name: /Exporter|Export/ }).click()
      await expect(page.getByRole('dialog')).toBeVisible()
    },
  },
  { name: 'compare-empty', open: goto('/compare') },
  { name: 'compare', open: async (page) => goto(`/compare?a=session:${await session(page)}&b=channel:10000002`)(page) },
  { name: 'account', open: async (page) => goto(`/accounts/${await someone(page)}`)(page) },
  { name: 'settings', open: goto('/settings') },
  {
    name: 'settings-forget',
    open: async (page) => {
      await goto('/settings')(page)
      await page.getByRole('button', { name: /Tout supprimer|Delete everything/ }).click()
      await expect(page.getByRole('dialog')).toBeVisible()
    },
  },
  { name: 'privacy', open: goto('/privacy') },
  { name: 'not-found', open: goto('/nowhere') },
]
