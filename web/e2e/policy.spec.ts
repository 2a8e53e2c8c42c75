import { expect, test } from './support'

test('the policy lets nothing inline or from elsewhere in', async ({ page }) => {
  const answer = await page.goto('/')
  const policy = answer?.headers()['content-security-policy'] ?? ''
  for (const part of ["default-src 'self'", "script-src 'self';", "style-src 'self';", "object-src 'none'", "frame-ancestors 'none'"]) {
    expect(policy).toContain(part)
  }
  expect(policy).not.toMatch(/unsafe|\*/)
})

test('a violation is seen by these tests', async ({ page, mishaps }) => {
  await page.goto('/')
  await page.evaluate(() => {
    const script = document.createElement('script')
    script.textContent = 'globalThis.inline = true'
    document.body.append(script)
  })
  await expect.poll(() => mishaps.length).toBe(1)
  expect(mishaps[0]).toContain('script-src-elem refused inline')
  expect(await page.evaluate(() => 'inline' in globalThis)).toBe(false)
  mishaps.length = 0
})
