import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Entry, EntryKind } from '../../../lambda/domain/history.ts';
import type { OperatorRequest } from '../../../lambda/domain/observation.ts';
import type { Phase } from '../../../lambda/domain/phase.ts';
import type { State } from '../../../lambda/domain/state.ts';
import { operatorFunction } from '../../cloud/ticks.ts';
import { DrillError } from '../../kit/errors.ts';
import type { Mail } from '../../kit/mail-sink.ts';
import type { Processes } from '../../kit/processes.ts';
import type { Timeline } from '../../kit/timeline.ts';
import { type Clients, startClients } from '../../stage/clients.ts';
import type { Stage } from '../../stage/stage.ts';
import type { Watch } from '../../stage/watch.ts';
import { servedBy } from './outside.ts';
import { type AlertToPost, post, type WebhookAnswer } from './webhook.ts';

/** What the reconciler answers to an operator. */
export interface OperatorAnswer {
  readonly accepted: boolean;
  readonly reason: string;
  readonly message: string;
  readonly state: State;
}

/** What a scenario does things with, and waits with. All waits have a deadline, and say what they saw. */
export interface Tools {
  readonly context: ToolsContext;
  /** Says in the timeline what is broken now; the first time starts its clock. Answers the moment. */
  breaks(what: string): number;
  /** Says in the timeline what else is done. Answers the moment. */
  does(what: string): number;
  readonly primary: PrimaryTools;
  /** Clients at a steady rate, once the primary has answered them. */
  clients(): Promise<Clients>;
  /** Waits until a look from outside finds it so. @throws DrillError with what is on record */
  until(what: string, seconds: number, look: () => Promise<boolean> | boolean): Promise<void>;
  /** Looks for so long, and finds it so every time. @throws DrillError at the first exception */
  stays(what: string, seconds: number, look: () => Promise<boolean> | boolean): Promise<void>;
  /** Waits until this is on record; an epoch of its own tells the second time from the first. */
  recorded(phase: Phase, seconds: number, epoch?: number): Promise<State>;
  /** Waits for a mail with these words in its subject. */
  told(words: string, seconds: number): Promise<Mail>;
  /** Waits until the history has such an entry. */
  entry(kind: EntryKind, seconds: number, fits?: (entry: Entry) => boolean): Promise<Entry>;
  operator(request: Asked): Promise<OperatorAnswer>;
  /** Posts alerts to the webhook with its token. */
  post(alerts: readonly AlertToPost[]): Promise<WebhookAnswer>;
}

/** An operator's request without who asks. */
export type Asked = OperatorRequest extends infer One
  ? One extends OperatorRequest
    ? Omit<One, 'by'>
    : never
  : never;

/** The primary's faults and their repairs. Each answers its moment. */
export interface PrimaryTools {
  kill(): Promise<number>;
  start(): Promise<number>;
  hang(): number;
  goOn(): number;
  /** Its health path answers 500, and everything else works. */
  failHealth(): number;
  healHealth(): number;
}

export interface ToolsContext {
  readonly workDir: string;
  readonly requestsPerSecond: number;
  readonly processes: Processes;
  readonly timeline: Timeline;
  readonly watch: Watch;
}

/** While this file exists, the health path of the primary answers 500. */
export const healthFaultFileIn = (workDir: string) => join(workDir, 'health-fault');

/** The world outside tells nobody when it changes. */
const POLL_MS = 150;

export function createTools(stage: Stage, context: ToolsContext): Tools {
  const { processes, timeline, watch, workDir, requestsPerSecond } = context;
  const { service } = stage.rehearsed;
  let broken = false;
  const say = (what: string, tone: 'bad' | 'plain') => {
    const at = Date.now();
    timeline.add('drill', what, { at, tone });
    return at;
  };
  const breaks = (what: string) => {
    if (!broken) timeline.restart();
    broken = true;
    return say(what, 'bad');
  };
  const does = (what: string) => say(what, 'plain');
  const until: Tools['until'] = async (what, seconds, look) => {
    const deadline = Date.now() + seconds * 1000;
    while (!(await look())) {
      if (Date.now() > deadline)
        throw new DrillError(`${what}: not within ${seconds} s; ${await seen(stage)}`);
      await delay(POLL_MS);
    }
  };
  return {
    context,
    breaks,
    does,
    primary: primaryTools(stage, context, { breaks, does }),
    clients: () => startClients(stage, { requestsPerSecond, workDir }, processes, timeline, watch),
    until,
    async stays(what, seconds, look) {
      const end = Date.now() + seconds * 1000;
      do {
        if (!(await look())) {
          const left = ((end - Date.now()) / 1000).toFixed(1);
          throw new DrillError(
            `${what} for ${seconds} s: no longer so with ${left} s to go; ${await seen(stage)}`,
          );
        }
        await delay(POLL_MS);
      } while (Date.now() < end);
    },
    async recorded(phase, seconds, epoch) {
      const what = `the control plane is ${phase}${epoch === undefined ? '' : ` in epoch ${epoch}`}`;
      let state = await stage.state();
      await until(what, seconds, async () => {
        state = await stage.state();
        return state.phase === phase && (epoch === undefined || state.epoch === epoch);
      });
      return state;
    },
    told: (words, seconds) => stage.mails.waitFor(({ subject }) => subject.includes(words), seconds),
    async entry(kind, seconds, fits = () => true) {
      let found: Entry | undefined;
      await until(`the history has ${kind}`, seconds, async () => {
        found = (await stage.history()).find((entry) => entry.kind === kind && fits(entry));
        return found !== undefined;
      });
      return found as Entry;
    },
    async operator(request) {
      does(`an operator asks: ${request.action}`);
      const operator = { service: service.name, by: 'drill', ...request };
      const answer = await stage.cloud.invoke(operatorFunction(stage.rehearsed.assembly), { operator });
      return answer as OperatorAnswer;
    },
    post: (alerts) =>
      post(stage.cloud.webhookUrl, { service: service.name, token: stage.cloud.token }, alerts),
  };
}

/** What a person would want to know when something did not happen. */
async function seen(stage: Stage): Promise<string> {
  const { phase, epoch, why } = await stage.state();
  return `on record: ${phase}, epoch ${epoch}, ${why}; ${await servedBy(stage)} answers clients`;
}

function primaryTools(
  { site }: Stage,
  { workDir }: ToolsContext,
  { breaks, does }: Pick<Tools, 'breaks' | 'does'>,
): PrimaryTools {
  const healthFaultFile = healthFaultFileIn(workDir);
  return {
    async kill() {
      const at = breaks('the primary is killed (SIGKILL)');
      site.primary().signal('SIGKILL');
      await site.primary().exited;
      return at;
    },
    async start() {
      const at = does('the primary is started again');
      await site.startPrimary();
      return at;
    },
    hang() {
      const at = breaks('the primary is frozen (SIGSTOP)');
      site.primary().signal('SIGSTOP');
      return at;
    },
    goOn() {
      const at = does('the primary goes on (SIGCONT)');
      site.primary().signal('SIGCONT');
      return at;
    },
    failHealth() {
      const at = breaks('the health path of the primary answers 500');
      writeFileSync(healthFaultFile, '');
      return at;
    },
    healHealth() {
      const at = does('the health path of the primary answers 200 again');
      rmSync(healthFaultFile);
      return at;
    },
  };
}
