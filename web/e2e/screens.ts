/** Every screen, and how to get to it with something on it. */
import type { Page } from '@playwright/test'

import { expect, signIn } from './support'

export interface Screen {
  readonly name: string
  readonly open: (page: Page) => Promise<void>
}

const goto = (path: string) => async (page: Page): Promise<void> => {
  await page.goto(path)
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  // Not the network's silence: the event stream never ends.
  await expect(page.locator('.skeleton')).toHaveCount(0)
}

/** Signs in and captures, so that no screen is empty. */
export async function prepare(page: Page): Promise<void> {
  await signIn(page, 'Lea_Modere')
  for (const name of ['HarborLight', 'PetitPixel']) {
    const row = page.getByRole('listitem').filter({ hasText: name })
    await row.getByRole('button', { name: new RegExp(`${name}$`) }).click()
    await expect(row).toContainText(/Capture terminée|Captured/)
  }
}

export const screens: readonly Screen[] = [
  { name: 'landing', open: goto('/?error=access_denied') },
  { name: 'channels', open: goto('/channels') },
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
    name: 'session',
    open: async (page) => {
      await goto('/sessions')(page)
      await page.getByRole('listitem').getByRole('link').first().click()
      // Creation days are known once Twitch has been asked.
      await expect(page.locator('ol > li').first()).toBeVisible({ timeout: 45_000 })
      await page.locator('ol > li summary').first().click()
    },
  },
  { name: 'privacy', open: goto('/privacy') },
  { name: 'not-found', open: goto('/nowhere') },
]
