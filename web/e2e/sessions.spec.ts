import { readFile } from 'node:fs/promises'

import { parquetReadObjects } from 'hyparquet'

import { api, captureNow, enter, expect, test } from './support'

const dots = (name: string | RegExp) => ({ name: typeof name === 'string' ? `Autres actions sur « ${name} »` : name })

test('a session is saved, renamed, emptied, deleted, and brought back', async ({ page }) => {
  await enter(page, 'PetitPixel')
  await captureNow(page, ['petitpixel'])
  await page.goto('/sessions')

  const current = page.getByRole('region', { name: 'En cours' })
  await current.getByRole('button', { name: /^Enregistrer/ }).first().click()
  await page.getByRole('textbox', { name: 'Nom' }).fill('Soir calme')
  await page.getByRole('dialog').getByRole('button', { name: 'Enregistrer' }).click()
  const row = page.getByRole('region', { name: /^Enregistrées/ }).getByRole('listitem')
  await expect(row.filter({ hasText: 'Soir calme' })).toContainText(/[1-9]\d* captures?/)

  // From the keyboard: the focus goes in, on, and back to where it was.
  const more = page.getByRole('button', dots('Soir calme'))
  await more.press('Enter')
  await expect(page.getByRole('menuitem', { name: 'Renommer' })).toBeFocused()
  await page.keyboard.press('ArrowDown')
  await expect(page.getByRole('menuitem', { name: 'Renommer' })).not.toBeFocused()
  await page.keyboard.press('Escape')
  await expect(more).toBeFocused()
  await more.press('Enter')
  await expect(page.getByRole('menuitem', { name: 'Renommer' })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('dialog')).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await expect(more).toBeFocused()
  await more.click()
  await page.getByRole('menuitem', { name: 'Renommer' }).click()
  await page.getByRole('textbox', { name: 'Nom' }).fill('Nuit calme')
  await page.getByRole('dialog').getByRole('button', { name: 'Renommer' }).click()
  await expect(row.filter({ hasText: 'Nuit calme' })).toHaveCount(1)

  await page.getByRole('button', dots('Nuit calme')).click()
  await page.getByRole('menuitem', { name: 'Supprimer' }).click()
  await expect(page.getByRole('dialog')).toContainText(/[1-9]\d* captures? \(PetitPixel\)/)
  await page.getByRole('dialog').getByRole('button', { name: 'Supprimer' }).click()
  await expect(row.filter({ hasText: 'Nuit calme' })).toHaveCount(0)
  await page.getByRole('list', { name: 'Supprimées depuis moins de 24 heures' }).getByRole('button').click()
  await expect(row.filter({ hasText: 'Nuit calme' })).toContainText(/[1-9]\d* captures?/)

  await page.getByRole('button', dots('Nuit calme')).click()
  await page.getByRole('menuitem', { name: 'Vider' }).click()
  await expect(page.getByRole('dialog')).toContainText('Cela ne peut pas être annulé')
  await page.getByRole('dialog').getByRole('button', { name: 'Vider' }).click()
  await expect(row.filter({ hasText: 'Nuit calme' })).toContainText('0 capture')
})

test('the one too many says which would go, and goes nowhere by itself', async ({ page }) => {
  await enter(page, 'IronMeadow')
  const { max_saved_sessions: most } = await api<{ max_saved_sessions: number }>(page, 'GET', '/api/v1/about')
  for (let i = 0; i <= most; i += 1) {
    const uuid = await captureNow(page, ['harborlight'], { wait: i === most })
    if (i < most) await api(page, 'POST', `/api/v1/sessions/${uuid}/save`, { name: `Gardée ${i}` })
  }
  await page.goto('/sessions')
  await page.getByRole('region', { name: 'En cours' }).getByRole('button', { name: /^Enregistrer/ }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Enregistrer' }).click()
  await expect(dialog).toContainText(`Vous gardez déjà ${most} sessions`)
  // Nothing goes that was not chosen.
  await expect(dialog.getByRole('radio')).toHaveCount(most)
  await expect(dialog.getByRole('radio', { checked: true })).toHaveCount(0)
  await expect(dialog.getByRole('button', { name: 'Enregistrer' })).toBeDisabled()
  await dialog.getByRole('radio', { name: /Gardée 3/ }).check()
  await dialog.getByRole('button', { name: 'Remplacer « Gardée 3 »' }).click()
  const saved = page.getByRole('region', { name: /^Enregistrées/ }).getByRole('listitem')
  await expect(saved).toHaveCount(most)
  await expect(saved.filter({ hasText: 'Gardée 3' })).toHaveCount(0)
  await expect(saved.filter({ hasText: 'Gardée 0' })).toHaveCount(1)
})

test('what is exported is whole, in every format', async ({ page }) => {
  await enter(page, 'PetitPixel')
  const uuid = await captureNow(page, ['petitpixel'])
  const { distinct_accounts: accounts } = await api<{ distinct_accounts: number }>(
    page,
    'GET',
    `/api/v1/sessions/${uuid}/summary`,
  )
  await page.goto(`/sessions/${uuid}`)
  const count = {
    CSV: (bytes: Buffer) => bytes.toString('utf8').trim().split('\n').length - 1,
    JSON: (bytes: Buffer) => {
      const whole = JSON.parse(bytes.toString('utf8')) as unknown
      return Array.isArray(whole) ? whole.length : (whole as { rows: unknown[] }).rows.length
    },
    NDJSON: (bytes: Buffer) => bytes.toString('utf8').trim().split('\n').map((line) => JSON.parse(line) as unknown).length,
    Parquet: async (bytes: Buffer) => {
      const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer
      return (await parquetReadObjects({ file })).length
    },
  }
  for (const [format, rows] of Object.entries(count)) {
    await page.getByRole('button', { name: 'Exporter' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText(format, { exact: true }).click()
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      dialog.getByRole('button', { name: 'Télécharger' }).click(),
    ])
    expect(await rows(await readFile(await download.path())), format).toBe(accounts)
    await expect(dialog).toHaveCount(0)
  }
})

test('a session says more the further one goes down', async ({ page }) => {
  await enter(page, 'HarborLight')
  const uuid = await captureNow(page, ['harborlight', 'petitpixel'])
  await page.goto(`/sessions/${uuid}`)
  const parts = page.getByRole('navigation', { name: 'Parties de la page' })
  await parts.getByRole('link', { name: 'Chaînes en commun' }).click()
  await expect(page.getByRole('table', { name: 'Chaînes en commun' })).toContainText('HarborLight')
  await parts.getByRole('link', { name: 'Participation' }).click()
  await expect(page.getByRole('heading', { name: 'Captures suivies' })).toBeVisible()
  await parts.getByRole('link', { name: 'Nouveaux venus' }).click()
  const people = page.getByRole('table', { name: 'Nouveaux venus' })
  await expect(people.getByRole('row')).toHaveCount(11)
  const more = people.locator('..').getByRole('button', { name: 'Afficher la suite' })
  await more.click()
  await expect(people.getByRole('row')).toHaveCount(101)
  await more.click()
  // How many there are is for the simulated world to say.
  await expect.poll(() => people.getByRole('row').count()).toBeGreaterThan(101)
  await people.getByRole('link').first().click()
  await expect(page).toHaveURL(/\/accounts\/\d+$/)
  await expect(page.getByRole('heading', { name: 'Présence, direct par direct' })).toBeVisible()
})

test('a name among the creation dates of a session leads to the account', async ({ page }) => {
  test.setTimeout(90_000)
  await enter(page, 'PetitPixel')
  const uuid = await captureNow(page, ['petitpixel'])
  await page.goto(`/sessions/${uuid}`)
  await page.getByRole('navigation', { name: 'Parties de la page' }).getByRole('link', { name: 'Dates de création' }).click()
  const histogram = page.getByRole('listbox', { name: 'Création des comptes' })
  const name = page.getByRole('grid').getByRole('link').first()
  // Twitch is still being asked when the accounts were created.
  await expect(async () => {
    await histogram.press('Home')
    await histogram.press('Shift+End')
    await expect(name).toBeVisible({ timeout: 3_000 })
  }).toPass({ timeout: 45_000 })
  await name.click()
  await expect(page).toHaveURL(/\/accounts\/\d+$/)
  await expect(page.getByRole('heading', { name: 'Présence, direct par direct' })).toBeVisible()
})

test('a verdict on an account stays', async ({ page }) => {
  await enter(page, 'PetitPixel')
  const uuid = await captureNow(page, ['petitpixel'])
  const { people } = await api<{ people: { twitch_id: string }[] }>(page, 'GET', `/api/v1/sessions/${uuid}/accounts?limit=1`)
  await page.goto(`/accounts/${people[0]!.twitch_id}`)
  const verdict = page.getByRole('radiogroup', { name: 'L’avis des modérateurs de PetitPixel sur ce compte' })
  await verdict.getByText('Suspect').click()
  await expect(verdict.getByRole('radio', { name: 'Suspect' })).toBeChecked()
  await expect
    .poll(() => api<{ verdicts: unknown[] }>(page, 'GET', `/api/v1/accounts/${people[0]!.twitch_id}`).then((one) => one.verdicts.length))
    .toBe(1)
  await page.reload()
  await expect(verdict.getByRole('radio', { name: 'Suspect' })).toBeChecked()
})
