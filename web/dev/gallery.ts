// Every chart with made-up data, to look at: `npm run dev`, then /dev/gallery.html.
import '@/styles/fonts.css'
import '@/styles/theme.css'
import '@/styles/base.css'

import { createApp } from 'vue'

import { startTheme } from '@/composables/useTheme'
import { i18n, startLocale } from '@/locales'

import Gallery from './Gallery.vue'

startTheme()
await startLocale()
createApp(Gallery).use(i18n).mount('#app')
