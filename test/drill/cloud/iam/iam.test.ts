import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { evaluate } from '../../../../drill/cloud/iam/evaluate.ts';
import {
  deniedWithout,
  describeStatement,
  idle,
  review,
  together,
} from '../../../../drill/cloud/iam/review.ts';
import type { Statement } from '../../../../drill/cloud/iam/statements.ts';
import type { ConfigChanges } from '../../../../drill/stage/rehearsed.ts';
import { temporaryFolder } from '../fixture.ts';
import { rehearse, synthesized } from './rehearsal.ts';

const folder = temporaryFolder();
afterAll(folder.remove);

const pilotLight = { standby: { pilotLight: true, alternateInstanceTypes: ['t3a.small'] } };
const variants: [name: string, configFile: string, changes: ConfigChanges][] = [
  ['warm host', 'failover.yaml', {}],
  ['pilot light and DNS failover', 'docs/examples/dns-failover.yaml', pilotLight],
];

// The statements are the tests' own table, so they are known before the tests are.
const rehearsals = await Promise.all(
  variants.map(async ([name, configFile, changes]) => {
    const workDir = join(folder.path, name.replaceAll(' ', '-'));
    const rehearsed = await synthesized(workDir, configFile, changes);
    return { name, rehearsed, ...(await rehearse(workDir, rehearsed)) };
  }),
);
const allowing = rehearsals.flatMap((rehearsal) =>
  rehearsal.statements
    .filter(({ body }) => body.Effect === 'Allow')
    .map((statement) => [rehearsal.name, describeStatement(statement), statement, rehearsal] as const),
);

describe('what the stacks grant', () => {
  test('is enough for a failover and failback', () => {
    expect(rehearsals.map(({ denied }) => denied)).toEqual([[], []]);
  });

  test('is no more than is needed', async () => {
    const { grants, statements } = together(
      await Promise.all(rehearsals.map((one) => review(one.statements, one.requests, one.accountId))),
    );
    expect(Object.keys(grants).length).toBeGreaterThan(30);
    expect(idle(grants)).toEqual([]);
    expect(idle(statements)).toEqual([]);
  });

  test.each(allowing)('%s: a call is denied without: %s', async (_name, _words, statement, rehearsal) => {
    const { statements, requests, accountId } = rehearsal;
    const denied = await deniedWithout(statement, statements, requests, accountId);
    expect([statement.body.Action].flat()).toContain(denied?.action);
  });
});

/** One of each kind of policy. */
const replayed: [string, (statement: Statement) => boolean, string][] = [
  [
    'a role that may no longer send commands',
    ({ body }) => body.Action === 'ssm:SendCommand',
    'ssm:SendCommand on ',
  ],
  [
    'a function that API Gateway may no longer call',
    ({ body }) => JSON.stringify(body.Principal ?? '').includes('apigateway'),
    'apigateway.amazonaws.com was denied lambda:InvokeFunction on ',
  ],
  [
    'a role that Lambda may no longer take on',
    ({ kind, holder }) => kind === 'trust' && holder.includes('Reconciler'),
    'lambda.amazonaws.com was denied sts:AssumeRole on ',
  ],
  [
    'a topic to which alarms may no longer be published',
    ({ body }) => JSON.stringify(body.Principal ?? '').includes('cloudwatch'),
    'cloudwatch.amazonaws.com was denied sns:Publish on ',
  ],
];

describe('a drill', () => {
  test.each(replayed)(
    'with %s fails and names the action',
    async (what, isRemoved, words) => {
      const [warm] = rehearsals;
      if (!warm) throw new Error('nothing was rehearsed');
      const left = warm.statements.filter((statement) => !isRemoved(statement));
      expect(left.length).toBeLessThan(warm.statements.length);
      const workDir = join(folder.path, what.replaceAll(' ', '-'));
      mkdirSync(workDir);
      const { denied } = await rehearse(workDir, warm.rehearsed, async (request) => {
        return (await evaluate(request, left, warm.accountId)).allowed;
      });
      expect(denied).toEqual([expect.stringContaining(words)]);
    },
    60_000,
  );
});
