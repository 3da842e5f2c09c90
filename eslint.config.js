import js from '@eslint/js';
import ts from 'typescript-eslint';
import svelte from 'eslint-plugin-svelte';
import prettier from 'eslint-config-prettier';
import globals from 'globals';

const noClock = (where) => [
  { object: 'Date', property: 'now', message: `Pass a clock in: ${where} must be testable without real time.` },
  { object: 'Math', property: 'random', message: `Pass a source of randomness in: ${where} must be repeatable.` },
];

export default ts.config(
  { ignores: ['out/', 'node_modules/', 'src/main/resources/generated/', 'test-results/', 'playwright-report/'] },
  js.configs.recommended,
  ...ts.configs.strict,
  ...svelte.configs['flat/recommended'],
  prettier,
  {
    languageOptions: { ecmaVersion: 2023, sourceType: 'module', globals: { ...globals.node } },
    rules: {
      'max-lines': ['error', { max: 400, skipBlankLines: false, skipComments: false }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      'no-empty': ['error', { allowEmptyCatch: false }],
      'no-restricted-syntax': [
        'error',
        {
          selector: "CallExpression[callee.property.name='catch'][arguments.0.object.name='console']",
          message: 'Decide what an error means here, or let it rise; do not swallow it into the console.',
        },
      ],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/preload/**', 'src/renderer/**', '**/*.test.ts', '**/*.contract.ts'],
    rules: { 'no-console': 'error' },
  },
  {
    files: [
      'src/main/scheduler/{filters,scores}/**/*.ts',
      'src/main/**/plan.ts',
      'src/main/**/*-plan.ts',
      'src/agent/**/plan.ts',
      'src/agent/**/*-plan.ts',
    ],
    rules: { 'no-restricted-properties': ['error', ...noClock('a plan')] },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: {
      globals: { ...globals.browser },
      parserOptions: { parser: ts.parser, extraFileExtensions: ['.svelte'] },
    },
  },
  { files: ['src/renderer/**/*.ts', 'src/preload/**/*.ts'], languageOptions: { globals: { ...globals.browser } } },
  {
    files: ['**/*.test.ts', '**/*.contract.ts', 'e2e/**/*.ts'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off', 'max-lines': ['error', 800] },
  },
);
