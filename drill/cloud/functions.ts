import { randomUUID } from 'node:crypto';
import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { callerOf } from './credentials.ts';
import { type FunctionSettings, readFunctions } from './function-settings.ts';
import type { Tell } from './happenings.ts';
import { type Authorize, byService } from './iam/request.ts';
import type { FunctionFailure } from './sandbox-messages.ts';
import { type Outcome, type Sandbox, startSandbox } from './sandbox-process.ts';
import type { Assembly } from './template.ts';

/** The functions of the assembly, run as Lambda runs them. */
export interface Functions {
  readonly all: readonly FunctionSettings[];
  /** The function with this name or ARN; with a qualifier only if that is an alias of it. */
  find(nameOrArn: string): FunctionSettings | undefined;
  /** The ARN that names a function as it was called: with the alias, if there was one. */
  arnOf(nameOrArn: string): string;
  /** Whether an invocation would exceed the function's reserved concurrency. */
  isThrottled(settings: FunctionSettings): boolean;
  /**
   * Invokes a function and waits for its answer.
   * @param event JSON text
   * @param cause what invoked it, for the timeline
   * @param invokedAs the ARN it was called by; its own without one
   */
  invoke(settings: FunctionSettings, event: string, cause: string, invokedAs?: string): Promise<Outcome>;
  /** Another deployment takes over: what runs goes on to its end, and whoever still invokes one of these gets its successor. */
  retire(successor: Functions): void;
  /** Ends a sandbox in the middle of whatever it does (SIGKILL); its invocation fails. */
  kill(sandbox: string): Promise<void>;
  stop(): Promise<void>;
}

/** All of a function's environment. @param sandbox the sandbox's id: the function's id, a dot and a number */
type Environment = (settings: FunctionSettings, sandbox: string) => Record<string, string>;

interface Pool {
  readonly settings: FunctionSettings;
  readonly idle: Sandbox[];
  readonly all: Map<string, Sandbox>;
  readonly log: WriteStream;
  /** Invocations that wait for a sandbox. */
  readonly waiting: (() => void)[];
  isRetired: boolean;
  running: number;
  starting: number;
  /** Sandboxes made so far. */
  made: number;
}

/**
 * Sandboxes of a function that start at the same time. AWS has processors for any number; on a busy machine
 * each start slows down all others, so further invocations wait for one of these, or for one that gets free.
 */
const STARTING_AT_ONCE = 2;

/** What Lambda needs to run a function. */
interface Runtime {
  readonly environment: Environment;
  readonly authorize: Authorize;
  readonly accountId: string;
  readonly region: string;
  readonly tell: Tell;
  isStopped(): boolean;
}

/**
 * @param workDir the functions' logs are written below it
 * @param published functions as they were when a version of them was published, by the version's ARN
 */
export function createFunctions(
  assembly: Assembly,
  published: ReadonlyMap<string, FunctionSettings>,
  workDir: string,
  environment: Environment,
  authorize: Authorize,
  tell: Tell,
): Functions {
  const folder = join(workDir, 'functions');
  mkdirSync(folder, { recursive: true });
  const aliases = aliasesOf(assembly, published);
  const pinned = [...aliases.values()].filter((one) => one !== undefined);
  const pools = [...readFunctions(assembly), ...pinned].map((settings): Pool => {
    const log = createWriteStream(join(folder, `${settings.id}.log`), { flags: 'a' });
    return {
      settings,
      idle: [],
      all: new Map(),
      log,
      waiting: [],
      isRetired: false,
      running: 0,
      starting: 0,
      made: 0,
    };
  });
  let stopped = false;
  const { accountId, region } = assembly;
  const runtime: Runtime = { environment, authorize, accountId, region, tell, isStopped: () => stopped };

  const find = (nameOrArn: string) => {
    const called = pools.find(({ settings }) => isCalled(settings, nameOrArn, aliases))?.settings;
    return called && (aliases.get(`${called.arn}${nameOrArn.split(called.name)[1]}`) ?? called);
  };
  let successor: Functions | undefined;

  const poolOf = (settings: FunctionSettings): Pool => {
    const pool = pools.find((one) => one.settings === settings);
    if (!pool) throw new Error(`${settings.name} is no function of this assembly`);
    return pool;
  };
  return {
    all: pools.map(({ settings }) => settings),
    find,
    arnOf(nameOrArn) {
      const settings = find(nameOrArn);
      return settings && !nameOrArn.startsWith('arn:')
        ? nameOrArn.replace(settings.name, settings.arn)
        : nameOrArn;
    },
    isThrottled: (settings) => poolOf(settings).running >= (settings.concurrency ?? Number.POSITIVE_INFINITY),
    retire(next) {
      successor = next;
      for (const pool of pools) {
        pool.isRetired = true;
        for (const sandbox of pool.idle.splice(0)) void sandbox.stop();
      }
    },
    async invoke(settings, event, cause, invokedAs = settings.arn) {
      const now = successor?.find(settings.arn);
      if (successor && now) return successor.invoke(now, event, cause, invokedAs);
      const pool = poolOf(settings);
      pool.running += 1;
      try {
        return await run(pool, event, { cause, invokedAs }, runtime);
      } finally {
        pool.running -= 1;
      }
    },
    async kill(sandbox) {
      await pools
        .map(({ all }) => all.get(sandbox))
        .find((one) => one !== undefined)
        ?.stop();
    },
    async stop() {
      stopped = true;
      for (const { waiting } of pools) for (const wake of waiting.splice(0)) wake();
      await Promise.all(pools.flatMap(({ all }) => [...all.values()].map((sandbox) => sandbox.stop())));
      for (const { log } of pools) log.end();
    },
  };
}

/** By their ARN: the function as it was when the version was published that they lead to; undefined for `$LATEST`. */
function aliasesOf(assembly: Assembly, published: ReadonlyMap<string, FunctionSettings>) {
  return new Map(
    assembly.ofType('AWS::Lambda::Alias').map(({ ref, properties }) => {
      const version = ref.replace(/:[^:]*$/, `:${String(properties.FunctionVersion)}`);
      return [ref, published.get(version)] as const;
    }),
  );
}

function isCalled(
  { name, arn }: FunctionSettings,
  nameOrArn: string,
  aliases: ReadonlyMap<string, unknown>,
): boolean {
  const [own, ...qualifier] = nameOrArn.split(nameOrArn.startsWith('arn:') ? arn : name);
  if (own !== '' || qualifier.length !== 1) return false;
  return qualifier[0] === '' || qualifier[0] === ':$LATEST' || aliases.has(`${arn}${qualifier[0]}`);
}

async function run(
  pool: Pool,
  event: string,
  { cause, invokedAs }: { readonly cause: string; readonly invokedAs: string },
  runtime: Runtime,
): Promise<Outcome> {
  const { settings } = pool;
  const { tell, isStopped } = runtime;
  const requestId = randomUUID();
  const began = Date.now();
  tell({ kind: 'function-invoked', function: settings.id, requestId, cause });
  const sandbox = await takeSandbox(pool, runtime);
  const outcome: Outcome =
    'errorType' in sandbox
      ? { failure: sandbox }
      : await sandbox.invoke({
          requestId,
          functionArn: invokedAs,
          deadlineMs: Date.now() + settings.timeoutSeconds * 1000,
          event,
        });
  if (!('errorType' in sandbox)) giveBack(pool, sandbox);
  const milliseconds = Date.now() - began;
  if ('failure' in outcome) {
    const { errorType, errorMessage } = outcome.failure;
    // Whatever is cut short by the end of the drill did not fail.
    if (!isStopped())
      tell({
        kind: 'function-failed',
        function: settings.id,
        requestId,
        error: `${errorType}: ${errorMessage}`,
      });
  } else {
    tell({ kind: 'function-ended', function: settings.id, requestId, milliseconds });
  }
  return outcome;
}

/** One that is idle, or a new one. */
const atTheEnd: FunctionFailure = {
  errorType: 'Sandbox.Stopped',
  errorMessage: 'the drill ends',
  trace: [],
};

async function takeSandbox(pool: Pool, runtime: Runtime): Promise<Sandbox | FunctionFailure> {
  for (;;) {
    if (runtime.isStopped()) return atTheEnd;
    for (let sandbox = pool.idle.pop(); sandbox; sandbox = pool.idle.pop()) {
      if (sandbox.isUsable()) return sandbox;
    }
    if (pool.starting < STARTING_AT_ONCE) break;
    await new Promise<void>((resolve) => pool.waiting.push(resolve));
  }
  pool.starting += 1;
  try {
    return await makeSandbox(pool, runtime);
  } finally {
    pool.starting -= 1;
    pool.waiting.shift()?.();
  }
}

async function makeSandbox(pool: Pool, runtime: Runtime): Promise<Sandbox | FunctionFailure> {
  const { settings } = pool;
  const { tell, isStopped } = runtime;
  pool.made += 1;
  const id = `${settings.id}.${pool.made}`;
  if (!(await takesRole(settings, runtime)))
    return {
      errorType: 'AccessDeniedException',
      errorMessage: 'The role defined for the function cannot be assumed by Lambda.',
      trace: [],
    };
  const mayLog = await writesLog(settings, runtime);
  const sandbox = await startSandbox(id, settings, runtime.environment(settings, id), (line) => {
    if (!mayLog) return;
    // Last words may still arrive while everything is being stopped.
    if (!pool.log.writableEnded) pool.log.write(`${line}\n`);
    tell({ kind: 'function-log', function: settings.id, line, record: parsed(line) });
  });
  if ('errorType' in sandbox) return sandbox;
  pool.all.set(id, sandbox);
  // The cloud may have been stopped while the code was loading; then nobody else would end this process.
  if (isStopped()) {
    await sandbox.stop();
    return atTheEnd;
  }
  tell({
    kind: 'function-cold-start',
    function: settings.id,
    milliseconds: Math.round(sandbox.coldStartMs),
  });
  return sandbox;
}

function takesRole({ roleArn }: FunctionSettings, { authorize, accountId }: Runtime) {
  return authorize(byService('lambda.amazonaws.com', 'sts:AssumeRole', roleArn, { accountId }));
}

/** Lambda writes a function's log in the name of its role; without that right, on AWS too, the lines are lost. */
async function writesLog(settings: FunctionSettings, { authorize, accountId, region }: Runtime) {
  const stream = `arn:aws:logs:${region}:${accountId}:log-group:${settings.logGroup}:log-stream:drill`;
  const caller = callerOf(settings, accountId);
  const asked = ['logs:CreateLogStream', 'logs:PutLogEvents'].map((action) =>
    authorize({ caller, action, resource: stream, context: {} }),
  );
  return (await Promise.all(asked)).every((allowed) => allowed);
}

function giveBack(pool: Pool, sandbox: Sandbox): void {
  if (pool.isRetired) void sandbox.stop();
  else if (sandbox.isUsable()) pool.idle.push(sandbox);
  else pool.all.delete(sandbox.id);
  pool.waiting.shift()?.();
}

/** A structured log line as its object; undefined for plain text. */
function parsed(line: string): unknown {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
