import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** At least two: half of the tests wait for real programs. */
const workers = Math.max(2, availableParallelism());

/** Tests that hold real programs to moments: what computes all the time does not run beside them. */
const timed = [
  'test/onprem/**/*.test.ts',
  'test/drill/load/load.test.ts',
  'test/bin/{transcript,situations}.test.ts',
];

/** In a fresh clone vitest knows only the files' sizes, and the longest tests are small files. */
const longest = [
  'explore-patient',
  'explore-hasty',
  'host/standby',
  'host/link',
  'doctor-site',
  'page/browser',
];

/** So that none of them runs alone at the end. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) => longest.some((name) => moduleId.includes(name));
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    testTimeout: 120_000,
    // As in drill/stage/rehearsed.ts: `cdk synth` validates each configuration against CloudFormation's schema.
    env: { CDK_VALIDATION: 'false' },
    projects: [
      {
        extends: true,
        test: {
          name: 'side by side',
          include: ['test/**/*.test.ts'],
          exclude: timed,
          maxWorkers: workers,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: 'timed', include: timed, maxWorkers: workers, sequence: { groupOrder: 1 } },
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
