import tseslint from 'typescript-eslint';

const OURS = ['frontend', 'edx_proctoring', 'edx_proctoring/static'];

// Of TypeScript that is checked in the sources.
const MODULES = ['staff', 'accommodations', 'live'].map((name) => `edx_proctoring/static/proctoring/js/${name}.js`);

export default tseslint.config(
  { ignores: ['**/*', ...OURS.map((folder) => `!${folder}/`), '!frontend/**', '!edx_proctoring/static/**'] },
  {
    files: ['frontend/src/**/*.ts', 'frontend/mfe/**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: `${import.meta.dirname}/frontend` } },
    rules: {
      complexity: ['error', 10],
      'max-lines': ['error', 400],
      'max-lines-per-function': ['error', 50],
      'no-eval': 'error',
      '@typescript-eslint/only-throw-error': 'off', // workers' errors are posted as they are
    },
  },
  {
    files: ['frontend/tests/**/*.ts'],
    extends: [tseslint.configs.recommended],
    rules: { 'max-lines': ['error', 400], '@typescript-eslint/no-explicit-any': 'off' },
  },
  {
    // Built for pages: must be plain ES5, anything newer is an error of parsing here.
    files: ['edx_proctoring/static/proctoring/js/**/*.js'],
    ignores: MODULES,
    languageOptions: { ecmaVersion: 5, sourceType: 'script' },
    rules: { 'no-eval': 'error', 'no-implied-eval': 'error', 'no-new-func': 'error' },
  },
);
