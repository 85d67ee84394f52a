import { get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest';
import { lines } from '../../bin/cli/steer/screen.ts';
import type { Situation } from '../../bin/cli/steer/situation.ts';
import { createProcesses } from '../../drill/kit/processes.ts';
import { createTimeline } from '../../drill/kit/timeline.ts';
import { workFolder } from '../../drill/kit/work-folder.ts';
import { type Stage, setStage } from '../../drill/stage/stage.ts';
import { createWatch } from '../../drill/stage/watch.ts';
import { type Ran, runProcess, withoutAws } from './held-drill.ts';

/**
 * What `status` says in the worst hours, held to what a client sees: a program that asks the service all the time
 * and knows nothing of the control plane. One night, in which each trouble follows on the one before.
 */
let stage: Stage;
let client: ReturnType<typeof watchFromOutside>;
const told: string[] = [];
const processes = createProcesses(
  (name, how) => told.push(`${name} ${how}`),
  (message) => told.push(message),
);
const timeline = createTimeline({ write: (line) => told.push(line.trimEnd()) });

beforeAll(async () => {
  const workDir = workFolder(undefined, processes.onCleanup);
  stage = await setStage(
    {
      configFile: 'failover.yaml',
      workDir,
      brokenImages: true,
      changes: {
        policy: { stableSeconds: 2, cooldownSeconds: 1, drainSeconds: 1, flapLimit: 2 },
        service: { startTimeoutSeconds: 4 },
      },
      // People need not be told for two minutes that it is stuck, to see that they are.
      derived: { escalateSeconds: 12 },
    },
    processes,
    timeline,
    createWatch(timeline),
  );
  // The site would not wait for what is to be seen here.
  stage.line.cut();
  client = watchFromOutside(stage.site.serviceUrl);
}, 240_000);
afterAll(async () => {
  await client?.stop();
  await processes.cleanup();
  // How far what was said was from the truth, for whoever wants the figures.
  console.log(`status and truth differed by: ${deviations.join(', ')}`);
}, 60_000);

const failover = (...args: string[]): Promise<Ran> =>
  runProcess(['bin/failover.ts', ...args], {
    ...withoutAws(process.env),
    ...stage.cloud.operatorEnvironment,
    FAILOVER_CONFIG: stage.rehearsed.configFile,
  });

type Looked = { readonly ran: Ran; readonly screen: readonly string[]; readonly one: Situation };

/** As text and as JSON it is the same; the text is made here, of the very same look. */
async function look(): Promise<Looked> {
  const ran = await failover('status', '--json');
  const [one] = JSON.parse(ran.stdout) as [Situation];
  return { ran, screen: lines(one), one };
}

/** Looks until it fits, and says at the end what it was instead. */
async function until(what: string, fits: (looked: Looked) => boolean, seconds = 60): Promise<Looked> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const looked = await look();
    if (fits(looked)) return looked;
    if (Date.now() > deadline)
      throw new Error(`waited ${seconds} s for ${what}; it is:\n${looked.screen.join('\n')}`);
  }
}
const isCase = (id: string) => (looked: Looked) => looked.one.case === id;

const deviations: string[] = [];
/** A machine that is three times slower sees all a little later; the figures are printed at the end. */
const toleranceSeconds = 3;

/** That this has been so since the moment that the client saw. */
function expectSince({ one }: Looked, truth: number): void {
  expect(one.clients.since).toBeDefined();
  const deviation = ((one.clients.since ?? 0) - truth) / 1000;
  deviations.push(`${one.case} ${deviation.toFixed(1)} s`);
  expect(Math.abs(deviation)).toBeLessThan(toleranceSeconds);
}

function expectScreen({ ran, screen }: Looked, first: RegExp, last: RegExp, exitCode: 0 | 1): void {
  expect(screen[0]).toMatch(first);
  expect(screen.at(-1)).toMatch(last);
  expect(ran.exitCode).toBe(exitCode);
}

const killPrimary = async () => {
  stage.site.primary().signal('SIGKILL');
  await stage.site.primary().exited;
};

/** Everything that is not what a row is about. */
const span = String.raw`(\d+(\.\d)? (s|min|h)( \d+ s)?)`;
const lasting = `for ${span} \\(since [^)]*\\)`;

const failing = () => onTestFailed(() => console.error(told.join('\n')));

test('a self-test that failed stays on the screen', async () => {
  failing();
  const tested = await failover('self-test');
  expect(tested.exitCode).toBe(1);
  expect(tested.stdout).toMatch(/^api: self-test failed after /);
  const looked = await until('home', isCase('start-unproven'));
  expectScreen(
    looked,
    new RegExp(`^api: the primary serves, ${lasting}; the standby failed to start when it was tried last$`),
    /do +By day: put right what the host said \(the line "standby"\), then "npm run failover -- self-test --service api"\.$/,
    0,
  );
  expect(looked.screen.join('\n')).toMatch(/standby +failed to start .* ago \([^)]*\): .*did not answer/);
});

describe('a start that is stuck', () => {
  test('is nobody serving, from the moment that clients see it', async () => {
    failing();
    await killPrimary();
    const looked = await until('nobody', ({ one }) => one.serving === 'nobody', 15);
    expectSince(looked, await client.untilUnserved());
    expectScreen(
      looked,
      new RegExp(`^api: nobody serves, ${lasting}; `),
      /do +(Wait until .* If nobody serves by then: |Now: )get the primary back, or put right what the host says \(docker logs failover-api on the host\)\.$/,
      1,
    );
  });

  test('is told as stuck, with the last error and what to do now', async () => {
    failing();
    const looked = await until('stuck', isCase('start-stuck'), 60);
    expect(looked.screen.join('\n')).toMatch(
      /clients +\d+ wait, none refused in the last minute; the site said so/,
    );
    expectSince(looked, client.unservedSince());
    expectScreen(
      looked,
      new RegExp(`^api: nobody serves, ${lasting}; the standby does not start$`),
      /do +Now: get the primary back, or put right what the host says/,
      1,
    );
    expect(looked.screen.join('\n')).toMatch(
      /doing +start, attempt \d+(, asked for .* tried again at| failed: .*did not answer)/,
    );
  });

  test('ends when the standby answers', async () => {
    failing();
    await stage.repairImages();
    await client.until('standby');
    const looked = await until('the standby serves', isCase('standby-serves'));
    expectSince(looked, client.since());
    expectScreen(
      looked,
      new RegExp(`^api: the standby serves, ${lasting}$`),
      /do +Nothing now\. By day: /,
      0,
    );
  });
});

test('a standby that dies while it is in charge', async () => {
  failing();
  await stage.host.crash();
  const looked = await until('nobody', ({ one }) => one.serving === 'nobody', 15);
  const diedAt = await client.untilUnserved();
  expectSince(looked, diedAt);
  expectScreen(
    looked,
    new RegExp(`^api: nobody serves, ${lasting}; the standby is in charge and does not answer$`),
    /do +(Wait until|Now)/,
    1,
  );
  await client.until('standby');
  const gone = client.since() - diedAt;
  const back = await until('the standby serves', isCase('standby-serves'));
  expectSince(back, client.since());
  const seconds = await unservedByMail();
  deviations.push(`restart ${(seconds - gone / 1000).toFixed(1)} s`);
  expect(Math.abs(seconds - gone / 1000)).toBeLessThan(toleranceSeconds);
});

/** What the mail says of how long nobody served, in seconds. */
async function unservedByMail(): Promise<number> {
  const pattern = /restarted, no site served for ([\d.]+) s$/;
  const { subject } = await stage.mails.waitFor((mail) => pattern.test(mail.subject), 30);
  return Number(pattern.exec(subject)?.[1]);
}

test('a primary that is back has the clients at once, whatever the books say', async () => {
  failing();
  await stage.site.startPrimary();
  await client.until('primary');
  const looked = await until('the primary serves', ({ one }) => one.serving === 'primary', 15);
  expectSince(looked, client.since());
  expect(looked.ran.exitCode).toBe(0);
  await until('home', isCase('home'));
});

test('an outage during a pause', async () => {
  failing();
  await failover('pause', '--for', '10m', '--reason', 'new switches');
  await killPrimary();
  const looked = await until('nobody', isCase('paused-outage'), 30);
  expectSince(looked, await client.untilUnserved());
  expectScreen(
    looked,
    new RegExp(`^api: nobody serves, ${lasting}; automation is paused$`),
    /do +Now: "npm run failover -- resume --service api", and automation goes on; or "npm run failover -- failover --service api"/,
    1,
  );
  expect(looked.screen.join('\n')).toMatch(
    /next +at .* \(in (9|10) min.*, if the (primary stays down|suspicion goes on): /,
  );
  const resumed = await failover('resume');
  expect(resumed.exitCode).toBe(0);
});

test('flapping: for how long, and how it ends', async () => {
  failing();
  await client.until('standby');
  const looked = await until('flapping', isCase('flapping'));
  expectSince(looked, client.since());
  expectScreen(
    looked,
    new RegExp(`^api: the standby serves, ${lasting}; the primary comes and goes \\(flapping\\)$`),
    /do +Find out why the primary comes and goes; then "npm run failover -- acknowledge --service api"\..* healthy for 30 min /,
    0,
  );
  await stage.site.startPrimary();
  const returned = await until('the primary serves', isCase('returned-flapping'), 30);
  expect(returned.screen.join('\n')).toMatch(/next +at .* \(in (29|30) min/);
  const known = await failover('acknowledge');
  expect(known.stdout).toMatch(/^api: the primary serves/);
  await until('home', isCase('home'));
  expect((await failover('why')).stdout).toMatch(
    /acknowledged by .* \(it was: too many failovers in a short time\)/,
  );
});

test('a switchover: who is in charge, and who serves', async () => {
  failing();
  const there = await failover('switchover', '--yes');
  expect(there.exitCode).toBe(0);
  const ready = await until('ready', isCase('ready'), 10);
  expectScreen(
    ready,
    new RegExp(
      `^api: the primary serves, ${lasting}; the standby is in charge and ready; clients follow when the primary is stopped$`,
    ),
    /do +To move the clients: stop the primary on the site .* "npm run failover -- failback --service api"\.$/,
    0,
  );
  expect(client.serving()).toBe('primary');
  await killPrimary();
  await client.until('standby');
  const held = await until('held', isCase('held'), 15);
  expectSince(held, client.since());
  expectScreen(
    held,
    new RegExp(`^api: the standby serves, ${lasting}; an operator holds it there$`),
    /then "npm run failover -- failback/,
    0,
  );
  const refused = await failover('failback', '--yes');
  expect(refused.exitCode).toBe(3);
  expect(refused.stderr).toMatch(
    /^refused: failback of api: there is no fresh proof that the primary is healthy .*\nWhat to do: Start the primary first\./,
  );
  await stage.site.startPrimary();
  await until('the primary is up', ({ one }) => one.primary === 'up');
  expect((await failover('failback', '--yes')).exitCode).toBe(0);
});

test('a silent site: not known who serves, whatever was true before', async () => {
  failing();
  await stage.site.kill('prometheus');
  await killPrimary();
  const looked = await until('unknown', ({ one }) => one.serving === 'unknown', 60);
  expectScreen(
    looked,
    new RegExp(`^api: not known who serves; the site is silent ${lasting}$`),
    /do +Ask the service first: curl -sI .* If it does not, and the primary is lost: "npm run failover -- failover --service api"\.$/,
    1,
  );
  const silentAt = Date.now() - (looked.one.at - (looked.one.heardAt ?? 0));
  expect(silentAt).toBeLessThan(Date.now() - 15_000);
  expect(looked.screen.join('\n')).toMatch(/clients +sent to: primary, when the site said so last, /);
});

/** Asks ten times a second who answers, and gives up on what waits. */
function watchFromOutside(url: string) {
  let current: string | undefined;
  let sinceAt = 0;
  let lastAt = 0;
  let gapFrom = 0;
  let gapTold = 0;
  const ask = () =>
    new Promise<void>((resolve) => {
      const asked = Date.now();
      const request = get(url, { agent: false, timeout: 5000 }, (response) => {
        const site = response.headers['x-site'];
        response.resume();
        if (response.statusCode === 200 && typeof site === 'string') {
          if (site !== current) [current, sinceAt] = [site, Date.now()];
          // Who was parked was answered late: until then nobody served it.
          if (Date.now() - asked > gapMilliseconds) sinceAt = Date.now();
          if (Date.now() - lastAt > gapMilliseconds) gapFrom = lastAt;
          lastAt = Date.now();
        }
        response.once('close', resolve);
      });
      request.once('timeout', () => request.destroy());
      request.once('error', () => resolve());
    });
  const timer = setInterval(() => void ask(), 100);
  return {
    serving: () => (Date.now() - lastAt > gapMilliseconds ? 'nobody' : current),
    since: () => sinceAt,
    unservedSince: () => lastAt,
    /** Since when nobody serves, or did so last since the last call: it may be over by now. */
    async untilUnserved() {
      const before = gapTold;
      const isOpen = () => Date.now() - lastAt > gapMilliseconds;
      while (!isOpen() && gapFrom <= before) await delay(20);
      gapTold = isOpen() ? lastAt : gapFrom;
      return gapTold;
    },
    async until(site: 'primary' | 'standby') {
      const deadline = Date.now() + 60_000;
      while (current !== site || Date.now() - lastAt > gapMilliseconds) {
        if (Date.now() > deadline) throw new Error(`waited 60 s for an answer of the ${site}`);
        await delay(50);
      }
    },
    async stop() {
      clearInterval(timer);
    },
  };
}
const gapMilliseconds = 700;
