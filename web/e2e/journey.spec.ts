import { enter, expect, signIn, test } from './support'

test('from the first page to what a capture shows', async ({ page }) => {
  await signIn(page, 'HarborLight')
  await expect(page).toHaveURL('/channels')
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Chaînes')

  const own = page.getByRole('listitem').filter({ hasText: 'HarborLight' }).first()
  await expect(own).toContainText('En direct')
  await own.getByRole('button', { name: 'Capturer HarborLight' }).click()

  // Without reloading: it runs, it ends, and the row says what was found.
  await expect(own).toContainText('Capture terminée')
  await expect(own).toContainText(/2\s\d{3} dans le chat/)
  await expect(own).toContainText('à l’instant')

  await own.getByRole('link', { name: 'Voir la session' }).click()
  await expect(page).toHaveURL(/\/sessions\/[0-9a-f-]{36}$/)
  await expect(page.getByText(/[23]\s\d{3} comptes distincts dans \d+ captures?/)).toBeVisible()

  // Enrichment goes on while the page is open.
  await expect(page.getByText('100 %').first()).toBeVisible({ timeout: 40_000 })
  await page.getByRole('link', { name: 'Dates de création' }).click()
  const days = page.locator('ol > li')
  await expect(days).toHaveCount(10)
  await days.first().locator('summary').click()
  await expect(days.first().locator('ul > li').first()).toHaveText(/^[a-z0-9_]{2,25}$/)
  await expect(days.first().locator('ul a').first()).toHaveAttribute('href', /^\/accounts\/\d+$/)

  await page.getByRole('link', { name: 'Sessions', exact: true }).click()
  await expect(page.getByRole('region', { name: 'En cours' }).getByRole('listitem')).toContainText(/[1-9]\d* captures?/)
})

test('who declines is told so, and can change their mind', async ({ page }) => {
  await page.goto('/')
  await page.getByRole('link', { name: 'Continuer avec Twitch' }).click()
  await page.getByRole('button', { name: 'Refuser' }).click()
  await expect(page).toHaveURL('/?error=access_denied')
  await expect(page.getByRole('alert')).toContainText('Vous avez refusé l’autorisation')
  await signIn(page, 'PetitPixel')
  await expect(page).toHaveURL('/channels')
})

test('a page that needs a login leads back to itself', async ({ page }) => {
  await page.goto('/sessions')
  await expect(page.getByRole('status').filter({ hasText: 'vous y reviendrez' })).toBeVisible()
  await page.getByRole('link', { name: 'Continuer avec Twitch' }).click()
  await page.getByRole('radio', { name: /PetitPixel/ }).check()
  await page.getByRole('button', { name: 'Autoriser' }).click()
  await expect(page).toHaveURL('/sessions')
})

test('a login that ends while the page is open', async ({ page, context }) => {
  await enter(page, 'PetitPixel')
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Chaînes')
  await context.clearCookies()
  // Whatever asks first finds out: the link may lie below the dialog already.
  await page.getByRole('link', { name: 'Sessions', exact: true }).dispatchEvent('click')
  await expect(page).toHaveURL('/sessions')
  const dialog = page.getByRole('dialog')
  await expect(dialog).toContainText('Votre session de connexion a expiré')
  await dialog.getByRole('button', { name: 'Se reconnecter' }).click()
  await page.getByRole('radio', { name: /PetitPixel/ }).check()
  await page.getByRole('button', { name: 'Autoriser' }).click()
  await expect(page).toHaveURL('/sessions')
  await expect(page.getByRole('dialog')).toHaveCount(0)
})

test('someone else’s session does not exist', async ({ page }) => {
  await enter(page, 'PetitPixel', '/sessions/0198b6a0-0000-7000-8000-000000000001')
  await expect(page.getByRole('alert')).toContainText('n’existe pas, ou n’est pas la vôtre')
})

test('language and theme are chosen and kept', async ({ page }) => {
  await page.goto('/')
  await expect(page.locator('html')).toHaveAttribute('lang', 'fr')
  await page.getByRole('button', { name: 'English' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Know who is in your chat, and since when')
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  const dark = await background()
  await page.getByRole('button', { name: 'Switch to the light theme' }).click()
  await expect.poll(background).not.toBe(dark)
  const light = await background()
  await page.reload()
  await expect(page.locator('html')).toHaveAttribute('lang', 'en')
  await expect.poll(background).toBe(light)
})

test('logging out leaves nothing behind', async ({ page }) => {
  // The last login takes back what was allowed at Twitch: of somebody whom no other journey needs.
  await signIn(page, 'QuietFox')
  await page.getByRole('button', { name: 'Compte de QuietFox' }).click()
  await page.getByRole('button', { name: 'Se déconnecter' }).click()
  await expect(page).toHaveURL('/')
  await page.goto('/channels')
  await expect(page).toHaveURL('/?return_to=/channels')
})

test('everything can be reached with the keyboard', async ({ page }) => {
  await enter(page, 'PetitPixel')
  const own = page.getByRole('listitem').filter({ has: page.getByRole('link', { name: 'PetitPixel', exact: true }) })
  const capture = own.getByRole('button', { name: 'Capturer PetitPixel' })
  // Before it is there, a key leads nowhere.
  await expect(capture).toBeVisible()
  await page.keyboard.press('Tab')
  await expect(page.getByRole('link', { name: 'Aller au contenu' })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page.locator('main')).toBeFocused()
  for (let i = 0; i < 24 && !(await capture.evaluate((button) => button === document.activeElement)); i += 1) {
    await page.keyboard.press('Tab')
  }
  await expect(capture).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(own).toContainText('Capture terminée')
  // It could not be pressed while the capture ran, and kept the focus all the same.
  await expect(capture).toBeFocused()
})
