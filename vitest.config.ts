import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    coverage: {
      provider: 'v8',
      include: ['lambda/**/*.ts', 'lib/**/*.ts'],
      reporter: ['text-summary', 'html'],
      // The specification: a branch of it that no test takes is a rule that nobody has thought through.
      thresholds: { 'lambda/domain/**': { branches: 100, lines: 100, functions: 100 } },
    },
  },
});
