import { readFile } from 'node:fs/promises'

import { captureNow, enter, expect, signIn, test } from './support'

test('the time zone is chosen, kept, and used everywhere', async ({ page }) => {
  await enter(page, 'PetitPixel')
  const uuid = await captureNow(page, ['petitpixel'])
  await page.goto(`/sessions/${uuid}`)
  await expect(page.getByText('(heure d’Europe centrale)').first()).toBeVisible()
  await page.goto('/settings')
  await page.getByRole('combobox', { name: 'Fuseau horaire' }).selectOption('Asia/Tokyo')
  await page.goto(`/sessions/${uuid}`)
  await expect(page.getByText(/\(heure (normale )?du Japon\)/).first()).toBeVisible()
})

test('the theme can follow the device again', async ({ page }) => {
  await enter(page, 'PetitPixel', '/settings')
  const html = page.locator('html')
  const themes = page.getByRole('radiogroup', { name: 'Apparence' })
  await themes.getByText('Clair').click()
  await expect(html).toHaveAttribute('data-theme', 'light')
  await themes.getByText('Comme l’appareil').click()
  await expect(html).not.toHaveAttribute('data-theme')
})

test('everything about oneself can be taken along, and removed', async ({ page }) => {
  await signIn(page, 'Nouvelle_Tete', '/?return_to=/settings')
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Tout télécharger' }).click(),
  ])
  expect(await readFile(await download.path(), 'utf8')).toContain('nouvelle_tete')

  await page.getByRole('button', { name: 'Tout supprimer' }).click()
  const dialog = page.getByRole('dialog')
  await expect(dialog.getByRole('heading')).toContainText('Nouvelle_Tete')
  await dialog.getByRole('button', { name: 'Tout supprimer' }).click()
  await expect(page).toHaveURL('/privacy?gone=yes')
  await expect(page.getByRole('status').filter({ hasText: 'est supprimé' })).toBeVisible()
  await page.goto('/settings')
  await expect(page).toHaveURL('/?return_to=/settings')
})
