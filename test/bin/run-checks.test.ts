import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { check } from '../../bin/cli/doctor/check.ts';
import { type Finding, runChecks } from '../../bin/cli/doctor/run.ts';
import { bundleOf } from '../../bin/cli/site/bundle.ts';

const world = {
  bundle: bundleOf('nowhere', undefined),
  clock: Date.now,
  cloud: () => Promise.reject(new Error('nobody looks there')),
};

test('a check that hangs or breaks takes no other with it, and they come in their order', async () => {
  let aborted = false;
  const checks = [
    check('hangs', {
      whether: '',
      remedies: {},
      async run({ signal }) {
        await delay(60_000, undefined, { signal }).catch(() => {
          aborted = true;
        });
        return 'late';
      },
    }),
    check('breaks', { whether: '', remedies: {}, run: () => Promise.reject(new Error('out of paper')) }),
    check('works', { whether: '', remedies: {}, run: async () => 'fine' }),
  ];
  const findings: Finding[] = [];
  for await (const finding of runChecks(checks, world, 0.1)) findings.push(finding);
  expect(findings).toMatchObject([
    {
      check: 'hangs',
      state: 'failed',
      found: 'no result within 0.1 s',
      remedy: expect.stringContaining('network'),
    },
    { check: 'breaks', state: 'failed', found: 'it could not be looked at: out of paper' },
    { check: 'works', state: 'ok', found: 'fine' },
  ]);
  expect(aborted).toBe(true);
});
