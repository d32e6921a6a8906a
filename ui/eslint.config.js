// The UI's rules: strict types without casts, one direction of imports, no cycles, every visible word translated.
import js from '@eslint/js';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import importX from 'eslint-plugin-import-x';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

/** `floor` may be imported by those above it only: App -> pages -> api, parts -> lib. */
const mayNotImport = (floor, ...above) => ({
  target: `./src/${floor}`,
  from: above.map((one) => `./src/${one}`),
  message: 'Imports go one way: App -> pages -> api, parts -> lib.',
});

const untranslated = 'Visible text comes from the locale files: use t().';

const unserved = 'The server may be below a path: lib/pathPrefix.ts makes addresses of it (served, fullAddress, openPage ...).';
/** Selectors of addresses that leave out the path of the public URL; src/lib/pathPrefix.ts alone may use what they find. */
const text = (pattern) => `:matches(Literal[value=${pattern}], TemplateLiteral > TemplateElement:first-child[value.raw=${pattern}])`;
const given = ':not(CallExpression[callee.name=/^(served|fullAddress|socketAddress|openPage|replacePage|openInNewTab)$/] *)';
const unservedAddresses = [
  `${text('/^\\/(api|ajax-api|assets|graphql|health|jupyter|mlflow|output-frame|sign-in|v1|version)(\\/|\\?|$)/')}${given}`,
  `JSXAttribute[name.name=/^(href|src|action)$/] ${text('/^\\//')}${given}`,
  `CallExpression[callee.property.name=/^(open|assign|replace)$/][callee.object.name=/^(window|location)$/] ${text('/^\\//')}`,
  'CallExpression[callee.object.property.name="location"][callee.property.name=/^(assign|replace)$/]',
  'MemberExpression[object.name="location"][property.name=/^(origin|host|pathname|protocol)$/]',
  'MemberExpression[object.property.name="location"][property.name=/^(origin|host|pathname|protocol)$/]',
].map((selector) => ({ selector, message: unserved }));

export default tseslint.config(
  { ignores: ['node_modules/', 'src/api/schema.ts', 'dist/'] },
  js.configs.recommended,
  tseslint.configs.strict,
  {
    files: ['src/**/*.{ts,tsx}'],
    plugins: { 'import-x': importX, 'react-hooks': reactHooks },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    settings: { 'import-x/resolver-next': [createTypeScriptImportResolver({ project: './tsconfig.json' })] },
    rules: {
      '@typescript-eslint/consistent-type-assertions': ['error', { assertionStyle: 'never' }],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-invalid-void-type': 'off', // `void | Promise<void>` is what event handlers return
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true }],
      'import-x/no-cycle': ['error', { ignoreExternal: true }],
      'import-x/no-restricted-paths': [
        'error',
        {
          zones: [
            mayNotImport('lib', 'api', 'parts', 'pages', 'App.tsx'),
            mayNotImport('parts', 'api', 'pages', 'App.tsx'),
            mayNotImport('api', 'parts', 'pages', 'App.tsx'),
            mayNotImport('pages', 'App.tsx'),
          ],
        },
      ],
      'react-hooks/rules-of-hooks': 'error',
      'react-hooks/exhaustive-deps': 'error',
      'no-console': 'error',
      eqeqeq: 'error',
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/**/*.test.ts', 'src/lib/pathPrefix.ts'],
    rules: { 'no-restricted-syntax': ['error', ...unservedAddresses] },
  },
  {
    files: ['src/**/*.tsx'],
    ignores: ['src/**/*.test.tsx'],
    rules: {
      'no-restricted-syntax': [
        'error',
        ...unservedAddresses,
        { selector: 'JSXElement:not([openingElement.name.name=/^(code|kbd)$/]) > JSXText[value=/\\p{L}{2,}/u]', message: untranslated },
        {
          selector: 'JSXAttribute[name.name=/^(aria-label|title|placeholder|label|alt)$/] > Literal[value=/\\p{L}{2,}/u]',
          message: untranslated,
        },
      ],
    },
  },
  {
    files: ['*.mjs', '*.js'],
    languageOptions: { globals: { process: 'readonly', Buffer: 'readonly' } },
  },
);
