import { defineConfig } from '@playwright/test'

// Runs beside the whole system: `devstack web -- npm run test:e2e` says where the page and the simulated Twitch are,
// `devstack demo -- npm run test:demo` only where the page is.
const baseURL = process.env.E2E_BASE_URL
if (!baseURL) throw new Error('E2E_BASE_URL is not set: run `devstack web -- npm --prefix web run test:e2e`')

export default defineConfig({
  testDir: 'e2e',
  outputDir: 'test-results',
  timeout: 60_000,
  expect: { timeout: 15_000 },
  // Tests share one world and one machine.
  workers: 1,
  forbidOnly: Boolean(process.env.CI),
  reporter: [['list']],
  projects: [
    { name: 'e2e', testMatch: '*.spec.ts', testIgnore: 'firstrun.spec.ts' },
    { name: 'demo', testMatch: 'firstrun.spec.ts' },
    { name: 'screenshots', testMatch: 'screenshots.ts' },
  ],
  use: {
    baseURL,
    locale: 'fr-FR',
    timezoneId: 'Europe/Paris',
    colorScheme: 'dark',
    viewport: { width: 1280, height: 800 },
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
})
