/** Vuetify without its run-time theme (styles/theme.css has it), without its utility classes, and with our icons. */
import 'vuetify/styles/core'

import { createVuetify } from 'vuetify'
import { mdi } from 'vuetify/iconsets/mdi-svg'

export const vuetify = createVuetify({
  theme: false,
  icons: { defaultSet: 'mdi', sets: { mdi } },
  defaults: {
    VBtn: { variant: 'flat', ripple: false },
    VMenu: { offset: 8 },
    VProgressLinear: { color: 'primary', height: 3, rounded: true },
  },
})
