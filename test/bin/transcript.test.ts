import { afterAll, beforeAll, beforeEach, describe, expect, onTestFailed, test } from 'vitest';
import { type HeldDrill, holdDrill, type Ran, runProcess, withoutAws } from './held-drill.ts';

/** Every command against a held drill, in the order of a day on which the service is moved about. */
let drill: HeldDrill;
beforeAll(async () => {
  drill = await holdDrill();
}, 240_000);
// What the commands were told is half of the story: the drill's own has the rest.
beforeEach(() => onTestFailed(() => console.error(drill.timeline())));
afterAll(() => drill.end(), 60_000);

/** What differs from run to run, by its kind. */
const kinds: readonly [RegExp, string][] = [
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '<moment>'],
  [/(\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d UTC/g, '<time>'],
  [/\d+(\.\d)? (s|min|h|d)( \d+ (s|min|h))?(?=[\s,;.):]|$)/gm, '<span>'],
  [/\S+@\S+(?=[,;:)\s])/g, '<who>'],
  // Prometheus has nothing to count with in its first second.
  [/^( +clients +)(none|\d+) wait.*$/gm, '$1<counts>'],
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
    expect(said(await drill.failover('status'))).toMatchInlineSnapshot(`
      "api: the primary serves, for <span> (since <time>)
        why        the primary answers its health path
        clients    <counts>
        primary    up (counts for <span> more); last seen up <span> ago, down never
        in charge  the primary, epoch 0
        next       waits for a failure of the primary
        do         Nothing: this is as it should be.
      = 0"
    `);
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
    expect(said(await drill.failover('why'))).toMatchInlineSnapshot(`
      "api: the primary serves, for <span> (since <time>)
        why        the primary answers its health path
        clients    <counts>
        primary    up (counts for <span> more); last seen up <span> ago, down never
        in charge  the primary, epoch 0
        next       waits for a failure of the primary

      Nothing has happened yet.

        do         Nothing: this is as it should be.
      = 0"
    `);
    expect(said(await drill.failover('history'))).toMatchInlineSnapshot(`
      "api has never been moved.
      = 0"
    `);
    expect(json(await drill.failover('history', '--json'))).toEqual({ service: 'api', moves: [] });
  });

  test('pause and resume', async () => {
    const paused = await drill.failover('pause', '--for', '2h', '--reason', 'new switches');
    expect(said(paused)).toMatchInlineSnapshot(`
      "api: the primary serves, for <span> (since <time>); automation is paused
        why        the primary answers its health path
        clients    <counts>
        primary    up (counts for <span> more); last seen up <span> ago, down never
        in charge  the primary, epoch 0
        paused     for <span> more (until <time>) by <who> new switches
        doing      tell the host of the pause, attempt 1, asked for <span> ago; without an answer it is tried again at <time>
        next       waits for the end of the pause, at <time> (in <span>)
        do         When the work is done: "npm run failover -- resume --service api".
      = 0"
    `);
    const [one] = json(await drill.failover('status', '--json'));
    expect(one.pause).toMatchObject({ why: 'new switches', by: expect.stringContaining('@') });
    expect(one.pause.until - one.at).toBeGreaterThan(7_000_000);
    expect(said(await drill.failover('resume'))).toMatchInlineSnapshot(`
      "api: the primary serves, for <span> (since <time>)
        why        the primary answers its health path
        clients    <counts>
        primary    up (counts for <span> more); last seen up <span> ago, down never
        in charge  the primary, epoch 0
        doing      tell the host of the pause, attempt 1, asked for <span> ago; without an answer it is tried again at <time>
        next       waits for a failure of the primary
        do         Nothing: this is as it should be.
      = 0"
    `);
  });

  test('what cannot be done is refused with a reason', async () => {
    expect(said(await drill.failover('resume'))).toMatchInlineSnapshot(`
      "! refused: resume of api: automation is not paused (the primary is in charge, epoch 0)
      What to do: Nothing has to be resumed: automation acts already.
      = 3"
    `);
    expect(said(await drill.failover('acknowledge'))).toMatchInlineSnapshot(`
      "! refused: acknowledge of api: there is no flapping to acknowledge (the primary is in charge, epoch 0)
      What to do: Nothing has to be acknowledged: the usual rules hold.
      = 3"
    `);
    const refused = await drill.failover('failback', '--yes', '--json');
    expect(refused.exitCode).toBe(3);
    expect(json(refused).error.message).toContain('the primary is in charge already');
  });

  test('self-test', async () => {
    const tested = await drill.failover('self-test');
    expect(said(tested)).toMatchInlineSnapshot(`
      "api: self-test passed after <span>
      !    <span>  api: the standby is started
      = 0"
    `);
    await untilStill(({ phase }) => phase === 'home');
    const [result] = json(await drill.failover('self-test', '--json'));
    expect(result).toMatchObject({ service: 'api', result: 'passed', seconds: expect.any(Number) });
    await untilStill(({ phase }) => phase === 'home');
  });
});

describe('moves on request', () => {
  test('are not made without a confirmation', async () => {
    expect(said(await drill.failover('switchover'))).toMatchInlineSnapshot(`
      "! this starts the standby of api and puts it in charge until a failback; traffic follows when the primary is stopped, and nobody can be asked here whether that is wanted
      What to do: Run it in a terminal, or confirm with --yes.
      = 2"
    `);
    const asJson = await drill.failover('switchover', '--json');
    expect(json(asJson).error.remedy).toContain('confirm with --yes');
    expect(json(await drill.failover('status', '--json'))[0].epoch).toBe(0);
  });

  test('switchover, and home again', async () => {
    const there = await drill.failover('switchover', '--yes');
    expect(plain(there.stdout)).toMatchInlineSnapshot(`
      "api: the primary serves, for <span> (since <time>); the standby is in charge and ready; clients follow when the primary is stopped
        why        an operator switched over; a failback must be asked for
        clients    <counts>
        primary    up (counts for <span> more); last seen up <span> ago, down never
        in charge  the standby, epoch 1
        held       by <who> until a failback is asked for
        next       waits for a failback on request; nothing by itself
        do         To move the clients: stop the primary on the site ("docker compose stop api" in onprem/). When the work is done: start it, then "npm run failover -- failback --service api"."
    `);
    expect(there.stderr).toMatch(/the standby is being started/);
    const back = await drill.failover('failback', '--yes', '--json');
    expect(back.exitCode).toBe(0);
    expect(json(back)).toMatchObject({ phase: 'home', serving: 'primary', epoch: 2 });
  });

  test('failover without waiting for proof, and home again', async () => {
    await drill.simulate('down');
    const there = await drill.failover('failover', '--yes', '--json');
    expect(json(there)).toMatchObject({ phase: 'serving', serving: 'standby', epoch: 3 });
    // On a slow machine the service would come home by itself before it is asked to.
    await drill.failover('pause', '--for', '10m', '--reason', 'a test');
    await drill.simulate('up');
    await untilStill(({ primary }) => primary === 'up');
    const asked = json(await drill.failover('failback', '--yes', '--no-wait', '--json'));
    expect(asked).toMatchObject({ phase: 'draining', epoch: 4 });
    await drill.failover('resume');
    await untilStill(({ phase }) => phase === 'home');
  });

  test('history has them all', async () => {
    const listed = plain((await drill.failover('history')).stdout);
    // How long each phase took, and which there were, differs.
    expect(
      listed
        .split('\n')
        .filter((line) => !/^ {4}\D.* <span>/.test(line))
        .join('\n'),
    ).toMatchInlineSnapshot(`
      "<moment>  epoch 4     failback            <span>
          an operator asked for a failback; asked for by <who>
      <moment>  epoch 3     failover            recovery <span>
          an operator asked for a failover; asked for by <who>
      <moment>  epoch 2     failback            <span>
          an operator asked for a failback; asked for by <who>
      <moment>  epoch 1     switchover          <span>
          an operator asked for a switchover; asked for by <who>"
    `);
    expect(listed).toMatch(
      /^ {4}(woken by the site to healthy standby <span>, )?first sign to .* <span>(, .* to healthy standby <span>)?$/m,
    );
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
  expect(said(await drill.failover('status'))).toMatchInlineSnapshot(`
    "api: the standby serves, for <span> (since <time>)
      why        the primary does not answer its health path yet
      clients    <counts>
      primary    down (counts for <span> more); last seen up <span> ago, down <span> ago
      in charge  the standby, epoch 5
      next       failback when the primary has been up for <span> without a break, but not before <time>
      do         Nothing now. By day: find out why the primary failed, and repair it; traffic comes home by itself then.
    = 0"
  `);
  const explained = await drill.failover('why');
  expect(plain(explained.stdout)).toContain('find out why the primary failed');
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
    {
      kind: 'failover',
      reason: 'primary-down',
      recoverySeconds: expect.any(Number),
    },
  ]);
}, 120_000);

test('doctor: all that a held drill has is looked at, and it says what it does not have', async () => {
  await untilStill(({ phase }) => phase === 'home');
  const examined = await drill.failover('doctor', '--json');
  const { findings, failed } = json(examined) as {
    failed: number;
    findings: { check: string; state: string; found: string }[];
  };
  expect(findings.filter(({ state }) => state === 'failed')).toEqual([]);
  expect([examined.exitCode, failed]).toEqual([0, 0]);
  const skipped = findings.filter(({ state }) => state === 'skipped');
  expect(skipped.map(({ check, found }) => `${check}: ${found}`)).toEqual([
    'webhook-tls: a held drill stands in for AWS without TLS',
    ...['port', 'tls', 'plain'].map((what) => expect.stringMatching(`^standby-${what}: nobody listens`)),
    'stacks: a held drill does not stand in for DescribeStacks',
    'settings: a held drill does not stand in for DescribeStacks',
    'host: a held drill does not stand in for DescribeStacks',
    'host-prepared: a held drill does not stand in for DescribeStacks',
    'document: a held drill does not stand in for ssm:DescribeDocument',
    expect.stringMatching(/^standby-image: PRIMARY_IMAGE is not set/),
    'mail: a held drill does not stand in for DescribeStacks',
  ]);
});

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
