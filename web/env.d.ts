/// <reference types="vite/client" />
/// <reference types="@intlify/unplugin-vue-i18n/messages" />
declare module '*.vue' {
  import type { Component } from 'vue'
  const component: Component
  export default component
}
