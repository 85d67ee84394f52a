import { defineConfig } from 'vitest/config';

/** Tests that hold real programs to moments: whatever else ran beside them would be measured too. */
const timed = ['test/onprem/**/*.test.ts', 'test/drill/load.test.ts', 'test/bin/transcript.test.ts'];

export default defineConfig({
  test: {
    testTimeout: 60_000,
    // As in drill/rehearsed.ts: `cdk synth` validates each configuration against CloudFormation's schema.
    env: { CDK_VALIDATION: 'false' },
    projects: [
      {
        extends: true,
        test: {
          name: 'side by side',
          include: ['test/**/*.test.ts'],
          exclude: timed,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: 'timed', include: timed, maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
    coverage: {
      provider: 'v8',
      include: ['lambda/**/*.ts', 'lib/**/*.ts'],
      reporter: ['text-summary', 'html'],
      // The specification: a branch of it that no test takes is a rule that nobody has thought through.
      thresholds: { 'lambda/domain/**': { branches: 100, lines: 100, functions: 100 } },
    },
  },
});
