import { captureNow, enter, expect, test } from './support'

const number = (text: string | null): number => Number((text ?? '').replace(/\D/g, ''))

test('two things are compared, drawn and listed', async ({ page }) => {
  await enter(page, 'HarborLight')
  const uuid = await captureNow(page, ['harborlight', 'petitpixel'])
  await page.goto(`/compare?a=session:${uuid}`)
  await expect(page.getByRole('status').filter({ hasText: 'Choisissez les deux côtés' })).toBeVisible()

  const after = page.getByRole('group', { name: 'Après' })
  await after.getByRole('combobox', { name: 'Quoi' }).selectOption('Toute une chaîne')
  await after.getByRole('combobox', { name: 'Toute une chaîne' }).selectOption('PetitPixel')
  await expect(page).toHaveURL(/a=session:.*&b=channel:\d+/)

  const [before, now] = [page.locator('.sum').first(), page.locator('.sum').last()]
  const part = (name: string) => page.locator('dl > div', { hasText: name }).locator('dd').first()
  await expect(part('Restés')).toHaveText(/\d/)
  const [left, stayed, arrived] = await Promise.all(
    ['Partis', 'Restés', 'Arrivés'].map(async (name) => number(await part(name).textContent())),
  )
  expect(number(await before.textContent())).toBe(left! + stayed!)
  expect(number(await now.textContent())).toBe(stayed! + arrived!)

  // Neither a session nor a channel has a time in its name.
  await expect(page.locator('.name .small')).toHaveText([/captures?, .*\d\d:\d\d/, /captures?, .*\d\d:\d\d/])

  await page.getByRole('radiogroup', { name: 'Quelle liste' }).getByText('Partis').click()
  const people = page.getByRole('table', { name: 'Partis' })
  await expect(people.getByRole('row')).toHaveCount(Math.min(50, left!) + 1)

  await page.getByRole('button', { name: 'Échanger les deux côtés' }).click()
  await expect(page).toHaveURL(/a=channel:\d+&b=session:/)
  await expect.poll(async () => number(await part('Arrivés').textContent())).toBe(left)

  // The same numbers as a table, one key away.
  await page.getByRole('figure').first().getByRole('button', { name: 'Tableau' }).press('t')
  await expect(page.getByRole('cell', { name: String(stayed) }).first()).toBeVisible()
})

test('two captures are picked, each from those of its channel', async ({ page }) => {
  await enter(page, 'HarborLight')
  await captureNow(page, ['harborlight', 'petitpixel'])
  await page.goto('/compare')
  for (const [side, channel] of [['Avant', 'HarborLight'], ['Après', 'PetitPixel']] as const) {
    const picker = page.getByRole('group', { name: side })
    await picker.getByRole('combobox', { name: 'Quoi' }).selectOption('Une capture')
    await picker.getByRole('combobox', { name: 'Chaîne' }).selectOption(channel)
    const which = picker.getByRole('combobox', { name: 'Une capture' })
    await expect(which).toContainText('Choisir une capture')
    await which.selectOption({ index: 1 })
  }
  await expect(page).toHaveURL(/a=capture:\d+&b=capture:\d+/)
  await expect(page.locator('.name b')).toHaveText([/^Capture du .*\d\d:\d\d$/, /^Capture du .*\d\d:\d\d$/])
  await expect(page.locator('.name .small')).toHaveText([/distincts, 1\scapture$/, /distincts, 1\scapture$/])
})

test('an expired login leads back to what was compared', async ({ page, context }) => {
  await enter(page, 'PetitPixel')
  const uuid = await captureNow(page, ['petitpixel'])
  const path = `/compare?a=session:${uuid}&b=channel:10000002`
  await page.goto(path)
  await expect(page.getByRole('heading', { name: 'Qui', exact: true })).toBeVisible()
  await context.clearCookies()
  // Whatever asks first finds out: the list may lie below the dialog already.
  await page.getByRole('radio', { name: 'Restés' }).dispatchEvent('click')
  await expect(page).toHaveURL(`${path}&list=stayed`)
  await page.getByRole('dialog').getByRole('button', { name: 'Se reconnecter' }).click()
  await page.getByRole('radio', { name: /PetitPixel/ }).check()
  await page.getByRole('button', { name: 'Autoriser' }).click()
  await expect(page).toHaveURL(`${path}&list=stayed`)
  await expect(page.getByRole('heading', { name: 'Qui', exact: true })).toBeVisible()
})
