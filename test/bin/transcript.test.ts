import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type HeldDrill, holdDrill, type Ran, runProcess, withoutAws } from './held-drill.ts';

/** Every command against a held drill, in the order of a day on which the service is moved about. */
let drill: HeldDrill;
beforeAll(async () => {
  drill = await holdDrill();
}, 240_000);
afterAll(() => drill.end(), 60_000);

/** What differs from run to run, by its kind. */
const kinds: readonly [RegExp, string][] = [
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '<moment>'],
  [/(\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d UTC/g, '<time>'],
  [/\d+(\.\d)? (s|min|h|d)( \d+ (s|min|h))?(?=[\s,;.):]|$)/gm, '<span>'],
  [/\S+@\S+(?=[,;:)\s])/g, '<who>'],
];
const plain = (text: string) => kinds.reduce((all, [kind, name]) => all.replace(kind, name), text.trimEnd());
const said = ({ exitCode, stdout, stderr }: Ran) => plain(`${stdout}${stderr && `! ${stderr}`}= ${exitCode}`);
const json = ({ stdout }: Ran) => JSON.parse(stdout);

/** The control plane looks at the host now and then; what stands then in "doing" is not what is meant here. */
const untilStill = async (fits: (one: Record<string, unknown>) => boolean) => {
  await expect
    .poll(async () => json(await drill.failover('status', '--json'))[0], { timeout: 40_000, interval: 300 })
    .toSatisfy((one: Record<string, unknown>) => fits(one) && one.command === undefined);
};

describe('at home', () => {
  test('status', async () => {
    await untilStill(({ phase, next }) => phase === 'home' && next === undefined);
    expect(said(await drill.failover('status'))).toMatchInlineSnapshot();
    const [one] = json(await drill.failover('status', '--json'));
    expect(one).toMatchObject({
      service: 'api',
      serving: 'primary',
      phase: 'home',
      epoch: 0,
      reason: 'primary-healthy',
      primary: 'up',
    });
    expect(one.evidence.countsUntil).toBeGreaterThan(one.at);
  });

  test('why, and a history with nothing in it', async () => {
    expect(said(await drill.failover('why'))).toMatchInlineSnapshot();
    expect(said(await drill.failover('history'))).toMatchInlineSnapshot();
    expect(json(await drill.failover('history', '--json'))).toEqual({ service: 'api', moves: [] });
  });

  test('pause and resume', async () => {
    const paused = await drill.failover('pause', '--for', '2h', '--reason', 'new switches');
    expect(said(paused)).toMatchInlineSnapshot();
    const [one] = json(await drill.failover('status', '--json'));
    expect(one.pause).toMatchObject({ why: 'new switches', by: expect.stringContaining('@') });
    expect(one.pause.until - one.at).toBeGreaterThan(7_000_000);
    expect(said(await drill.failover('resume'))).toMatchInlineSnapshot();
  });

  test('what cannot be done is refused with a reason', async () => {
    expect(said(await drill.failover('resume'))).toMatchInlineSnapshot();
    expect(said(await drill.failover('acknowledge'))).toMatchInlineSnapshot();
    const refused = await drill.failover('failback', '--yes', '--json');
    expect(refused.exitCode).toBe(3);
    expect(json(refused).error.message).toContain('the primary is in charge already');
  });

  test('self-test', async () => {
    const tested = await drill.failover('self-test');
    expect(said(tested)).toMatchInlineSnapshot();
    await untilStill(({ phase }) => phase === 'home');
    const [result] = json(await drill.failover('self-test', '--json'));
    expect(result).toMatchObject({ service: 'api', result: 'passed', seconds: expect.any(Number) });
    await untilStill(({ phase }) => phase === 'home');
  });
});

describe('moves on request', () => {
  test('are not made without a confirmation', async () => {
    expect(said(await drill.failover('switchover'))).toMatchInlineSnapshot();
    expect(json(await drill.failover('status', '--json'))[0].epoch).toBe(0);
  });

  test('switchover, and home again', async () => {
    const there = await drill.failover('switchover', '--yes');
    expect(plain(there.stdout)).toMatchInlineSnapshot();
    expect(there.stderr).toMatch(/the standby is being started/);
    const back = await drill.failover('failback', '--yes', '--json');
    expect(back.exitCode).toBe(0);
    expect(json(back)).toMatchObject({ phase: 'home', serving: 'primary', epoch: 2 });
  });

  test('failover that nobody waits for, and home again', async () => {
    const asked = await drill.failover('failover', '--yes', '--no-wait', '--json');
    expect(json(asked)).toMatchObject({ phase: 'starting', epoch: 3, reason: 'failover-requested' });
    await untilStill(({ phase }) => phase === 'serving');
    expect((await drill.failover('failback', '--yes')).exitCode).toBe(0);
  });

  test('history has them all', async () => {
    expect(said(await drill.failover('history'))).toMatchInlineSnapshot();
    const { moves } = json(await drill.failover('history', '--limit', '2', '--json'));
    expect(moves).toMatchObject([
      { kind: 'failback', epoch: 4, by: expect.any(String) },
      { kind: 'failover', epoch: 3, recoverySeconds: expect.any(Number) },
    ]);
  });
});

test('an outage', async () => {
  await drill.simulate('down');
  await untilStill(({ phase, primary }) => phase === 'serving' && primary === 'down');
  expect(said(await drill.failover('status'))).toMatchInlineSnapshot();
  const explained = await drill.failover('why');
  expect(plain(explained.stdout)).toContain('Find out why the primary failed');
  expect(explained.stdout).toMatch(/failover-completed/);
  expect(json(await drill.failover('why', '--json'))).toMatchObject({
    reason: 'primary-still-down',
    recent: expect.arrayContaining([expect.objectContaining({ kind: 'failover-started' })]),
  });
  await drill.simulate('up');
  await untilStill(({ phase }) => phase === 'home');
  const { moves } = json(await drill.failover('history', '--limit', '2', '--json'));
  expect(moves).toMatchObject([
    { kind: 'failback', reason: 'primary-recovered' },
    { kind: 'failover', reason: 'primary-down', phases: { 'start ahead to decision': expect.any(Number) } },
  ]);
}, 120_000);

describe('called wrongly', () => {
  const wrong: [string, string[]][] = [
    ['a span without a unit', ['pause', '--for', '5', '--reason', 'x']],
    ['no reason', ['pause', '--for', '5m']],
    ['a span that is too long', ['pause', '--for', '9d', '--reason', 'x']],
    ['a limit of nothing', ['history', '--limit', '0']],
    ['a service that is not there', ['why', '--service', 'shop']],
    ['a word too many', ['status', 'now']],
    ['a scenario that is not there', ['drill', '--scenario', 'earthquake']],
  ];
  test.each(wrong)('%s', async (_, args) => {
    const ran = await drill.failover(...args);
    expect(ran.exitCode).toBe(2);
    expect(plain(ran.stderr.split('\n').slice(0, 2).join('\n'))).toMatchSnapshot();
  });

  test('without credentials', async () => {
    const env = {
      ...withoutAws(process.env),
      FAILOVER_CONFIG: drill.env.FAILOVER_CONFIG,
      HOME: '/nonexistent',
      AWS_EC2_METADATA_DISABLED: 'true',
    };
    for (const args of [['status'], ['history', '--json'], ['switchover', '--yes'], ['self-test']]) {
      const ran = await runProcess(['bin/failover.ts', ...args], env);
      expect(ran.exitCode).toBe(1);
      expect(ran.stderr).toMatch(/no AWS credentials: .*\nWhat to do: Sign in/);
    }
  });

  test('with credentials of somebody else', async () => {
    const env = { ...withoutAws(process.env), ...drill.env, AWS_ACCESS_KEY_ID: 'AKIASTRANGER' };
    const ran = await runProcess(['bin/failover.ts', 'status'], env);
    expect(ran.exitCode).toBe(1);
    expect(ran.stderr).toMatch(
      /cannot invoke hybrid-failover-reconciler:operators: UnrecognizedClientException/,
    );
    expect(ran.stderr).toContain('What to do: Sign in again');
  });
});
