import { readFileSync, writeFileSync } from 'node:fs';
import {
  ChangeSetNotFoundException,
  DeleteChangeSetCommand,
  DescribeChangeSetCommand,
} from '@aws-sdk/client-cloudformation';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../lib/config/load.ts';
import { type Bundle, deploy, failover, makeBundle } from './fixture.ts';

const host = { LogicalResourceId: 'Host', PhysicalResourceId: 'i-0aaa', ResourceType: 'AWS::EC2::Instance' };
const replaced = {
  ...host,
  Action: 'Modify' as const,
  Replacement: 'True' as const,
  Details: [{ Target: { Name: 'ImageId', RequiresRecreation: 'Always' as const } }],
};

/** A deployment of which CloudFormation says this of the host. */
function deploying(changes: readonly object[], state: Record<string, unknown> = {}, serving = 'primary') {
  const bundle = makeBundle();
  const account = deploy(bundle);
  account.state = { ...account.state, ...state };
  account.traffic = { at: Date.now() - 1000, to: serving, since: Date.now() - 9000 };
  account.cloudFormation
    .on(DescribeChangeSetCommand)
    .resolves({ Changes: changes.map((ResourceChange) => ({ ResourceChange })) as never });
  account.cloudFormation.on(DeleteChangeSetCommand).resolves({});
  const ran: string[][] = [];
  const run = (...args: string[]) =>
    failover([...(args[0] === 'host' ? [] : ['deploy']), ...args, '--config', bundle.config], {
      cdk: async (all) => {
        ran.push([...all]);
        return 0;
      },
    });
  return { account, bundle, ran, run };
}

const deployed = (ran: readonly string[][]) => ran.filter((args) => args.includes('--all'));

describe('deploy', () => {
  test('goes on without a question if the host stays, and takes its change set away', async () => {
    const { account, ran, run } = deploying([{ ...host, Action: 'Modify', Replacement: 'False' }]);
    const { exitCode } = await run();
    expect(exitCode).toBe(0);
    expect(ran.map((args) => args.slice(0, 2))).toEqual([
      ['deploy', 'StandbyStack'],
      ['deploy', '--all'],
    ]);
    expect(account.cloudFormation.commandCalls(DeleteChangeSetCommand)).toHaveLength(1);
  });

  test.each([
    ['it serves', { phase: 'serving' }, 'standby'],
    ['it is being started', { phase: 'starting' }, 'nobody'],
    ['nobody serves', {}, 'nobody'],
    ['it drains', { phase: 'draining' }, 'primary'],
  ])('refuses to replace the host while %s, with --yes too', async (_, state, serving) => {
    const { ran, run } = deploying([replaced], state, serving);
    const { exitCode, stderr } = await run('--yes');
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(
      /refused: this deployment replaces the host i-0aaa \(ImageId\), and it is needed: web: .*\nWhat to do: Deploy when the primary serves/,
    );
    expect(deployed(ran)).toEqual([]);
  });

  test.each([
    ['replaces', replaced],
    ['may replace', { ...replaced, Replacement: 'Conditional' }],
    ['removes', { ...host, Action: 'Remove' }],
  ])('asks before a change that %s the host of a standby that sleeps', async (_, change) => {
    const { ran, run } = deploying([change]);
    const asked = await run();
    expect(asked.exitCode).toBe(2);
    expect(asked.stderr).toMatch(
      /replaces the host i-0aaa.*some minutes without a standby, and nobody can be asked/,
    );
    expect(deployed(ran)).toEqual([]);
    expect((await run('--yes')).exitCode).toBe(0);
    expect(deployed(ran)).toHaveLength(1);
  });

  test('goes on where the host’s stack stays as it is: then there is no change set', async () => {
    const { account, ran, run } = deploying([]);
    account.cloudFormation
      .on(DescribeChangeSetCommand)
      .rejects(new ChangeSetNotFoundException({ message: 'ChangeSet [x] does not exist', $metadata: {} }));
    expect((await run()).exitCode).toBe(0);
    expect(deployed(ran)).toHaveLength(1);
  });

  test('says which look failed, and deploys nothing', async () => {
    const { account, ran, run } = deploying([]);
    account.cloudFormation
      .on(DescribeChangeSetCommand)
      .rejects(Object.assign(new Error('no'), { name: 'AccessDenied' }));
    const { exitCode, stderr } = await run('--yes');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/cannot read the change set failover-look-\d+ of shop-standby: AccessDenied: no/);
    expect(deployed(ran)).toEqual([]);
  });

  test('asks nobody for what is deployed for the first time', async () => {
    const { account, ran, run } = deploying([replaced]);
    account.stacks.delete('shop-standby');
    expect((await run()).exitCode).toBe(0);
    expect(ran).toHaveLength(1);
  });
});

describe('host replace', () => {
  const replacing = (state: Record<string, unknown>, serving: string, ...args: string[]) => {
    const gone = { ...host, Action: 'Remove' as const };
    const { bundle, ran, run } = deploying([gone], state, serving);
    const generation = () => loadConfig(bundle.config).standby.host?.generation;
    return { ran, generation, result: run('host', 'replace', ...args) };
  };

  test('gives the instance another name, deploys, and says what to commit', async () => {
    const { ran, generation, result } = replacing({}, 'primary', '--yes');
    const { exitCode, stdout } = await result;
    expect(exitCode).toBe(0);
    expect(generation()).toBe(2);
    expect(deployed(ran)).toHaveLength(1);
    expect(stdout).toMatch(/standby\.host\.generation in .* is 2 now: commit that/);
  });

  test('while a service needs the standby it is refused, and the file is as it was', async () => {
    const { ran, generation, result } = replacing({ phase: 'serving', verifiedAt: 0 }, 'standby', '--yes');
    expect(await result).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('refused: this deployment'),
    });
    expect(generation()).toBe(1);
    expect(deployed(ran)).toEqual([]);
  });
});

describe('host image', () => {
  const parameter = '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64';
  const pin = async (bundle: Bundle, imageId: string) => {
    const account = deploy(bundle);
    account.parameters.set(parameter, imageId);
    return failover(['host', 'image', '--config', bundle.config]);
  };

  test('pins the newest, keeps every comment, and says what it means', async () => {
    const bundle = makeBundle();
    writeFileSync(bundle.config, `# ours\n${readFileSync(bundle.config, 'utf8')}`);
    const first = await pin(bundle, 'ami-0123456789abcdef0');
    expect(first.exitCode).toBe(0);
    expect(first.stdout).toMatch(
      /standby\.host\.imageId is ami-0123456789abcdef0 now; nothing was pinned before/,
    );
    expect(loadConfig(bundle.config).standby.host?.imageId).toBe('ami-0123456789abcdef0');
    expect(readFileSync(bundle.config, 'utf8')).toMatch(/^# ours\n/);
    expect((await pin(bundle, 'ami-0123456789abcdef0')).stdout).toMatch(/has the newest image already/);
    expect((await pin(bundle, 'ami-0fedcba9876543210')).stdout).toMatch(
      /is ami-0fedcba9876543210 now, instead of ami-0123456789abcdef0\.\nThe next deployment replaces the host/,
    );
  });

  test('where the region knows none, it says so and changes nothing', async () => {
    const bundle = makeBundle();
    const before = readFileSync(bundle.config, 'utf8');
    deploy(bundle);
    const { exitCode, stderr } = await failover(['host', 'image', '--config', bundle.config]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/knows no .*\nWhat to do: Name an image/);
    expect(readFileSync(bundle.config, 'utf8')).toBe(before);
  });
});
