import intlify from '@intlify/eslint-plugin-vue-i18n'
import vue from 'eslint-plugin-vue'
import { defineConfig } from 'eslint/config'
import tseslint from 'typescript-eslint'

const code = ['**/*.ts', '**/*.vue']
const only = (files, configs) => configs.map((config) => ({ ...config, files: config.files ?? files }))

export default defineConfig(
  { ignores: ['dist/', 'dev/', '**/*.js', '**/*.mjs', 'src/api/schema.d.ts', 'playwright-report/', 'test-results/', 'screenshots/', '*.json'] },
  ...only(code, tseslint.configs.strictTypeChecked),
  ...only(code, tseslint.configs.stylisticTypeChecked),
  ...vue.configs['flat/recommended'],
  ...intlify.configs.recommended,
  {
    files: code,
    languageOptions: {
      parserOptions: {
        parser: tseslint.parser,
        projectService: true,
        extraFileExtensions: ['.vue'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      // Numbers in template strings are what most of our keys and labels are made of.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      'vue/multi-word-component-names': 'off',
      'vue/max-attributes-per-line': 'off',
      'vue/singleline-html-element-content-newline': 'off',
      // `undefined` is the default of an optional prop.
      'vue/require-default-prop': 'off',
      'vue/html-self-closing': ['error', { html: { void: 'always' } }],
      // A style attribute in a template would be an inline style to the Content-Security-Policy; bound ones are not.
      'vue/no-restricted-static-attribute': ['error', 'style'],
      'vue/no-v-html': 'error',
      // The page's words live in src/locales; these are marks, not words.
      '@intlify/vue-i18n/no-raw-text': [
        'error',
        {
          ignorePattern: '^[-–—·:/()%|#&*+.…@↑↓,\\s\\d]*$',
          attributes: {
            '/.+/': ['title', 'aria-label', 'alt', 'placeholder', 'label', 'text', 'note', 'lead', 'unit', 'before', 'before-note', 'after', 'after-note'],
            // There it is the name of an element.
            '/^(?!StateMessage$)/': ['heading'],
          },
        },
      ],
    },
  },
  {
    settings: { 'vue-i18n': { localeDir: './src/locales/*.json', messageSyntaxVersion: '^11.0.0' } },
    rules: {
      '@intlify/vue-i18n/no-missing-keys': 'error',
      '@intlify/vue-i18n/no-missing-keys-in-other-locales': 'error',
      '@intlify/vue-i18n/no-duplicate-keys-in-locale': 'error',
    },
  },
  { files: ['**/*.spec.ts', 'e2e/**'], rules: { '@typescript-eslint/no-non-null-assertion': 'off', '@intlify/vue-i18n/no-raw-text': 'off', 'vue/one-component-per-file': 'off' } },
)
