import { AwsError } from '../cloud/aws-error.ts';
import type { Armed, SeenCall } from '../cloud/faults.ts';
import { scheduledFunction } from '../cloud/ticks.ts';
import { DrillError } from '../kit/errors.ts';
import type { Stage } from '../stage/stage.ts';
import type { Check } from '../verify/check.ts';
import { servedBy } from './support/outside.ts';
import type { Scenario } from './support/scenario.ts';
import type { Tools } from './support/tools.ts';
import { check, isHome } from './support/verdicts.ts';

/** An intent that nobody carries out counts as abandoned after this; production waits longer. */
const ABANDONED_SECONDS = 3;
const REPEAT_SECONDS = 1;
const seconds = { move: 60, settle: 30, served: 15 } as const;

export const functionCrash: Scenario = {
  name: 'function-crash-at-each-step',
  isAboutCloud: true,
  breaks:
    'The function that decides is killed (SIGKILL) at each of its calls to AWS in turn, before and after, on the way to the standby and on the way home. The drill posts the alerts itself.',
  expected:
    'Each time the standby serves and the service comes home within 60 s, nothing that happened goes unrecorded, and nothing is decided twice.',
  needs: {
    latencies: { dispatchSeconds: 0.2, eventSeconds: 0.1 },
    derived: {
      stableSeconds: 0,
      cooldownSeconds: 0,
      drainSeconds: 0,
      confirmSeconds: 1,
      flapLimit: 1000,
      suspicionIntervalSeconds: 0,
      dispatchTimeoutSeconds: ABANDONED_SECONDS,
    },
  },
  // A nudge that is killed each time it is tried is given up; the next one finds what there is to do.
  tolerates: ['function-failed', 'dead-letter'],
  limitSeconds: 480,
  usualSeconds: 190,
  async play(stage, tools) {
    // What is to be found out is not about the monitoring, and without it a round takes half the time.
    for (const part of ['prometheus', 'alertmanager'] as const) await stage.site.kill(part);
    const site = speaker(tools);
    const arm = armory(stage);
    const round = (number: number, steps?: Steps) => thereAndBack(tools, site, arm, number, steps);
    const usual = await round(1);
    const steps = { away: stepsOf(usual.away.calls), home: stepsOf(usual.home.calls) };
    const rounds = Math.max(steps.away.length, steps.home.length);
    const struck = new Map<string, number>();
    for (let index = 0; index < rounds; index++) {
      const { away, home } = await round(index + 2, {
        away: steps.away[index],
        home: steps.home[index],
      });
      for (const call of [away.struck, home.struck])
        if (call) struck.set(nameOf(call), (struck.get(nameOf(call)) ?? 0) + 1);
    }
    site.hush();
    await tools.until('everything that happened is told', seconds.settle, async () => {
      return (await stage.state()).outbox.length === 0;
    });
    await tools.until(
      'the primary serves',
      seconds.served,
      async () => (await servedBy(stage)) === 'primary',
    );
    const letter = await failsForGood(stage, tools);
    const kinds = (await stage.history()).map(({ kind }) => kind);
    const counted = (
      ['failover-started', 'failover-completed', 'failback-started', 'failback-completed'] as const
    ).map((kind) => [kind, kinds.filter((one) => one === kind).length] as const);
    const crashes = [...struck.values()].reduce((sum, count) => sum + count, 0);
    return {
      checks: [
        check(
          'it was killed at every kind of call that changes something',
          [...usual.away.calls, ...usual.home.calls].every(
            (call) => isReading(call) || struck.has(nameOf(call)),
          ),
          `killed ${crashes} times in ${rounds} rounds: ${[...struck].map(([name, count]) => `${count} × ${name}`).join(', ')}`,
        ),
        letter,
        check(
          'every move is on record once',
          counted.every(([, count]) => count === rounds + 1),
          `${rounds + 1} rounds on record: ${counted.map(([kind, count]) => `${count} ${kind}`).join(', ')}`,
        ),
        ...(await isHome(stage, 2 * (rounds + 1))),
      ],
    };
  },
};

/** A nudge that fails each time it is tried is kept where people can find it. */
async function failsForGood({ cloud, happenings, rehearsed }: Stage, tools: Tools): Promise<Check> {
  const letters = () => happenings.all.filter(({ kind }) => kind === 'dead-letter').length;
  const before = letters();
  tools.does('each look at the records fails');
  const isBroken = () => letters() === before;
  cloud.faults.fail('dynamodb:GetItem', new AwsError('ValidationException', 'as asked'), isBroken);
  cloud.nudge(scheduledFunction(rehearsed.assembly), {});
  await tools.until('a nudge has failed for good', seconds.settle, () => !isBroken());
  return check('a nudge that fails for good is a dead letter', true, 'a nudge that failed for good is kept');
}

/** The nth call of a kind on a way: calls of different kinds overtake each other. */
interface Step {
  readonly name: string;
  readonly nth: number;
  readonly when: 'before' | 'after';
}

/** What is to crash on each way; nothing more once all of it has been tried. */
interface Steps {
  readonly away: Step | undefined;
  readonly home: Step | undefined;
}

type Arm = (step: Step | undefined) => Armed;

function armory({ cloud, rehearsed }: Stage): Arm {
  const arn = scheduledFunction(rehearsed.assembly);
  const reconciler = rehearsed.assembly
    .ofType('AWS::Lambda::Function')
    .find(({ attributes }) => attributes.Arn === arn);
  if (!reconciler) throw new DrillError(`${arn} is no function of the assembly`);
  return (step) =>
    cloud.faults.crashCaller({
      function: reconciler.id,
      ...(step && { nth: step.nth, when: step.when, counts: (call) => nameOf(call) === step.name }),
    });
}

/** There and back, with a crash on each way. */
async function thereAndBack(
  tools: Tools,
  site: Speaker,
  arm: Arm,
  number: number,
  steps?: Steps,
): Promise<{ away: Armed; home: Armed }> {
  const away = arm(steps?.away);
  tools.primary.failHealth();
  site.says('PrimarySuspect', 'PrimaryDown');
  await tools.recorded('serving', seconds.move, 2 * number - 1);
  const home = arm(steps?.home);
  tools.primary.healHealth();
  site.says('PrimaryUp');
  await tools.recorded('home', seconds.move, 2 * number);
  home.disarm();
  return { away, home };
}

/** Says what Alertmanager would, and goes on saying it. */
interface Speaker {
  says(...alerts: string[]): void;
  hush(): void;
}

function speaker(tools: Tools): Speaker {
  let alerts: string[] = [];
  let speaking = 0;
  const speak = async () => {
    speaking += 1;
    // A webhook that fails is told by the cloud, and repeated like all the rest.
    await tools.post(alerts.map((name) => ({ name }))).catch(() => {});
    speaking -= 1;
  };
  const repeating = setInterval(() => {
    if (alerts.length > 0 && speaking === 0) void speak();
  }, REPEAT_SECONDS * 1000);
  const hush = () => clearInterval(repeating);
  tools.context.processes.onCleanup('alerts', async () => hush());
  return {
    says(...names) {
      alerts = names;
      void speak();
    },
    hush,
  };
}

/**
 * Before and after each call that changes something. One that only reads leaves nothing behind, and a crash
 * there is one before the next change: the first of each kind will do.
 */
function stepsOf(calls: readonly SeenCall[]): Step[] {
  const seen = new Map<string, number>();
  return calls.flatMap((call): Step[] => {
    const name = nameOf(call);
    const nth = (seen.get(name) ?? 0) + 1;
    seen.set(name, nth);
    const before: Step = { name, nth, when: 'before' };
    if (!isReading(call)) return [before, { ...before, when: 'after' }];
    return nth === 1 ? [before] : [];
  });
}

const isReading = ({ action }: SeenCall) => /:(Get|Describe|Query)/.test(action);

/** What is written says which record it is. */
function nameOf({ action, input }: SeenCall): string {
  const { pk } = (input.Item ?? input.Key ?? {}) as { pk?: { S?: string } };
  return pk?.S === undefined ? action : `${action} ${pk.S.replace(/#.*/, '')}`;
}
