import '@/styles/fonts.css'
import '@/styles/theme.css'
import '@/styles/base.css'

import { VueQueryPlugin } from '@tanstack/vue-query'
import { createApp } from 'vue'

import App from '@/App.vue'
import { sessionExpired } from '@/composables/useAuth'
import { createLive, LIVE } from '@/composables/useLive'
import { warmUp } from '@/composables/useFormat'
import { startTheme } from '@/composables/useTheme'
import { i18n, startLocale } from '@/locales'
import { breathe } from '@/domain/idle'
import { createQueries } from '@/queryClient'
import { createPages } from '@/router'

/** Milliseconds for which the page's name alone is enough. */
const PATIENCE = 400

function storage(): Storage | null {
  try {
    return globalThis.localStorage
  } catch {
    return null
  }
}

// Pieces of work with room for others between them: a phone takes for all at once the third of a second.
startTheme()
const words = startLocale()
await breathe()
const queries = createQueries(sessionExpired)
const live = createLive({ queries, onSessionLost: sessionExpired, storage: storage() })
const router = createPages(queries)
const app = createApp(App).use(VueQueryPlugin, { queryClient: queries }).use(i18n).provide(LIVE, live)
await breathe()
app.use(router)

await words
void warmUp()
// The whole page at once when its code is there soon, else what is there of it.
await Promise.race([router.isReady().catch(() => undefined), new Promise((resolve) => setTimeout(resolve, PATIENCE))])
await breathe()
app.mount('#app')
