import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath, URL } from 'node:url'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

import VueI18n from '@intlify/unplugin-vue-i18n/vite'
import vue from '@vitejs/plugin-vue'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

// `npm run dev` serves the page itself and passes everything else on to a gateway.
const gateway = process.env.GATEWAY_URL ?? 'http://127.0.0.1:8080'

/** Compresses once, as hard as can be, what the gateway would otherwise compress for every visitor. */
function precompress(): Plugin {
  return {
    name: 'precompress',
    apply: 'build',
    async writeBundle({ dir = 'dist' }) {
      const names = await readdir(dir, { recursive: true })
      const wanted = names.filter((name) => /\.(js|css|html|svg|txt)$/.test(name))
      await Promise.all(
        wanted.map(async (name) => {
          const path = join(dir, name)
          const text = await readFile(path)
          const best = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } }
          await writeFile(`${path}.br`, await promisify(brotliCompress)(text, best))
          await writeFile(`${path}.gz`, await promisify(gzip)(text, { level: 9 }))
        }),
      )
    },
  }
}

/** Libraries but the one that draws, and what the frame around each page is made of. */
const EVERYWHERE = /node_modules\/(?!echarts|zrender|tslib)|src\/(api|locales\/index|queryClient|components\/(App|Avatar|Later|Status|Toast|Session(Expired)))/

export default defineConfig({
  plugins: [
    vue(),
    // Messages become functions at build time: no compiler in the page, nothing that `script-src 'self'` would refuse.
    VueI18n({
      include: fileURLToPath(new URL('./src/locales/*.json', import.meta.url)),
      strictMessage: true,
      compositionOnly: true,
      fullInstall: false,
      dropMessageCompiler: true,
    }),
    precompress(),
  ],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  server: {
    host: '127.0.0.1',
    proxy: { '/api': gateway, '/auth': gateway },
  },
  build: {
    target: 'es2023',
    // Every asset is a file of our own origin: an inlined font would need `font-src data:`.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // What every page needs, in one file: cut as pages happen to share it, a first visit would ask for a dozen.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'core', test: EVERYWHERE, priority: 1 },
            { name: 'shared', test: /src\/(?!locales|charts\/EChart)/, minShareCount: 3 },
          ],
        },
      },
    },
  },
  test: {
    environment: 'happy-dom',
    include: ['src/**/*.spec.ts'],
    setupFiles: ['src/testing/setup.ts'],
    restoreMocks: true,
  },
})
