import { api, captureNow, enter, expect, test, tooWide } from './support'

test.use({ viewport: { width: 390, height: 844 } })

test('a session, an account and a comparison can be worked with on a phone', async ({ page }) => {
  await enter(page, 'HarborLight')
  const uuid = await captureNow(page, ['harborlight', 'petitpixel'])
  const { people } = await api<{ people: { twitch_id: string }[] }>(page, 'GET', `/api/v1/sessions/${uuid}/accounts?limit=1`)
  const main = page.getByRole('main')

  await page.goto(`/sessions/${uuid}`)
  await main.getByRole('button', { name: 'Exporter' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Télécharger' }).click({ trial: true })
  await page.keyboard.press('Escape')
  await main.getByRole('button', { name: /^Autres actions/ }).click()
  await page.getByRole('menuitem', { name: 'Supprimer' }).click({ trial: true })
  await page.keyboard.press('Escape')
  await main.getByRole('button', { name: 'Enregistrer' }).click({ trial: true })
  await main.getByRole('navigation').getByRole('link', { name: 'Chaînes en commun' }).click()
  await expect(main.getByRole('heading', { name: 'Chaînes en commun', level: 2 })).toBeInViewport()

  await main.getByRole('link', { name: 'Comparer' }).click()
  const after = page.getByRole('group', { name: 'Après' })
  await after.getByRole('combobox', { name: 'Quoi' }).selectOption('Toute une chaîne')
  await after.getByRole('combobox', { name: 'Toute une chaîne' }).selectOption('PetitPixel')
  await page.getByRole('button', { name: 'Échanger les deux côtés' }).click()
  await expect(page).toHaveURL(/a=channel:\d+&b=session:/)
  await page.getByRole('radiogroup', { name: 'Quelle liste' }).getByText('Restés').click()
  await expect(page.getByRole('table', { name: 'Restés' }).getByRole('link').first()).toBeVisible()

  await page.goto(`/accounts/${people[0]!.twitch_id}`)
  const verdict = page.getByRole('radiogroup', { name: /^L’avis des modérateurs de/ }).first()
  const said = async () => {
    const { verdicts } = await api<{ verdicts: { verdict: string }[] }>(page, 'GET', `/api/v1/accounts/${people[0]!.twitch_id}`)
    return verdicts.map((one) => one.verdict)
  }
  await verdict.getByText('Suspect').click()
  await expect(verdict.getByRole('radio', { name: 'Suspect' })).toBeChecked()
  // It is shown before it is stored, and the next one is not to overtake it.
  await expect.poll(said).toEqual(['suspicious'])
  await verdict.getByText('Sans avis').click()
  await expect.poll(said).toEqual([])
})

test('language and theme are in the account’s menu on a phone', async ({ page }) => {
  await enter(page, 'PetitPixel', '/channels/petitpixel')
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  const dark = await background()
  await page.getByRole('button', { name: 'Compte de PetitPixel' }).click()
  await page.getByRole('button', { name: 'English' }).click()
  await page.getByRole('button', { name: 'PetitPixel’s account' }).click()
  await page.getByRole('button', { name: 'Switch to the light theme' }).click()
  await expect(page.getByRole('button', { name: 'Capture PetitPixel' })).toBeVisible()
  await expect.poll(background).not.toBe(dark)
  await expect.poll(() => tooWide(page)).toEqual([])
})
