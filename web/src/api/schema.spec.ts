import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

import { expect, it } from 'vitest'

it('schema.d.ts is what openapi.json says', { timeout: 30_000 }, async () => {
  const run = promisify(execFile)('npm', ['run', '--silent', 'api:check'], { cwd: process.cwd() })
  await expect(run).resolves.toBeDefined()
})
