// ESM source, CommonJS in Jest: the swc transform and the mapper undo the `.js` specifiers.
const common = {
  transform: {
    '^.+\\.(t|j)sx?$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', tsx: true, explicitResourceManagement: true },
          transform: { react: { runtime: 'automatic' } },
        },
        module: { type: 'commonjs' },
      },
    ],
  },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  testPathIgnorePatterns: ['/node_modules/', '/.sendense/', '/dist/'],
  modulePathIgnorePatterns: ['/.sendense/'],
}

export default {
  projects: [
    {
      ...common,
      displayName: 'unit',
      testMatch: ['**/*.test.ts', '**/*.test.tsx'],
      testPathIgnorePatterns: [...common.testPathIgnorePatterns, '\\.(int|e2e|chaos)\\.test\\.ts$'],
    },
    {
      ...common,
      displayName: 'int',
      testMatch: ['**/*.int.test.ts'],
      setupFiles: ['<rootDir>/dev/testing/own-namespace.ts'],
    },
    { ...common, displayName: 'e2e', testMatch: ['**/*.e2e.test.ts'] },
    { ...common, displayName: 'chaos', testMatch: ['**/*.chaos.test.ts'] },
  ],
}
