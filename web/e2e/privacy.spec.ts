import { api, captureNow, enter, expect, nextCapture, test } from './support'

/** A bot that sits in Lea_Modere’s chat at any hour: a viewer like any other, whom no other journey looks for. */
const NIGHTBOT = '10100001'

test('a viewer signs in with Twitch and leaves, and the next capture is without them', async ({ page, browser }) => {
  test.setTimeout(150_000)
  const theirs = await browser.newContext({ locale: 'fr-FR' })
  const moderator = await theirs.newPage()
  await enter(moderator, 'Lea_Modere')
  const uuid = await captureNow(moderator, ['lea_modere'])
  await moderator.goto(`/accounts/${NIGHTBOT}`)
  await expect(moderator.getByRole('heading', { level: 1 })).toHaveText('Nightbot')
  const captures = async () =>
    (await api<{ coverage: { captures: number } }>(moderator, 'GET', `/api/v1/sessions/${uuid}/summary`)).coverage.captures

  await page.goto('/privacy')
  const out = page.getByRole('region', { name: /^Vous êtes spectateur/ })
  await out.getByRole('link', { name: 'Continuer avec Twitch' }).click()
  // Twitch’s page offers the people who moderate; anybody else may sign in just as well.
  await page.getByRole('radio', { checked: true }).evaluate((radio, id) => radio.setAttribute('value', id), NIGHTBOT)
  await page.getByRole('button', { name: 'Autoriser' }).click()
  await expect(page).toHaveURL('/privacy?me=1')

  await out.getByRole('button', { name: 'Effacer Nightbot et ne plus le relever' }).click()
  const dialog = page.getByRole('dialog')
  await expect(dialog.getByRole('heading')).toContainText('Nightbot')
  await dialog.getByRole('button', { name: 'Tout supprimer' }).click()
  await expect(page).toHaveURL('/privacy?gone=yes')
  await expect(page.getByRole('status').filter({ hasText: 'Tout ce qui vous concernait est supprimé' })).toBeVisible()
  await expect(out).toHaveCount(0)

  const before = await captures()
  await nextCapture()
  await captureNow(moderator, ['lea_modere'])
  expect(await captures()).toBeGreaterThan(before)
  // Were they in it, they would be known again.
  await moderator.goto(`/accounts/${NIGHTBOT}`)
  await expect(moderator.getByRole('alert')).toContainText('Aucune de vos captures ne contient ce compte')
  await theirs.close()
})
