import { AwsError } from './aws-error.ts';
import type { Tell } from './happenings.ts';
import type { Json } from './values.ts';

/** One call to an AWS service, as faults see it. */
export interface SeenCall {
  /** IAM's name of it, such as `ssm:SendCommand`. */
  readonly action: string;
  readonly input: Json;
  /** The sandbox that made the call: its function's logical name, a dot and a number. */
  readonly sandbox: string;
}

/** Which call kills the one who makes it. */
export interface Crash {
  /** Logical name of the function. */
  readonly function: string;
  /** Which calls count; all without it. */
  readonly counts?: (call: SeenCall) => boolean;
  /** From 1, over all sandboxes of the function. Without it the calls are only counted. */
  readonly nth?: number;
  /** Before the call has done anything, or after it has done all and before the caller hears of it. */
  readonly when?: 'before' | 'after';
}

/** A crash that waits for its call. */
export interface Armed {
  /** The calls that counted so far. */
  readonly calls: readonly SeenCall[];
  /** The call that killed its caller. */
  readonly struck: SeenCall | undefined;
  disarm(): void;
}

/** What goes wrong in AWS on purpose. Nothing does until it is asked for. */
export interface Faults {
  /** Calls of this action fail so, for as long as `lasts` says. */
  fail(action: string, error: AwsError, lasts: () => boolean): void;
  /** Calls of this action get no answer until this is released, and none after it. @returns what releases it */
  hang(action: string): () => void;
  /** Calls of this action are throttled for so long. */
  throttle(action: string, seconds: number): void;
  /** Whether EventBridge loses all events of services; schedules go on. */
  dropEvents(drop: boolean): void;
  /** Whether EventBridge cannot reach the targets of its rules: what it has for them becomes a dead letter. */
  cutTargets(cut: boolean): void;
  crashCaller(crash: Crash): Armed;
}

/** Where the endpoint and the event bus ask whether something is to go wrong now. */
export interface FaultGate {
  /** @throws AwsError if the call is to fail */
  before(call: SeenCall): Promise<void>;
  after(call: SeenCall): Promise<void>;
  dropsEvents(): boolean;
  reachesTargets(): boolean;
}

interface Failing {
  readonly action: string;
  readonly error: AwsError;
  readonly lasts: () => boolean;
}

/** @param kill ends a sandbox at once (SIGKILL) and settles when it is gone */
export function createFaults(
  kill: (sandbox: string) => Promise<void>,
  tell: Tell,
): { faults: Faults; gate: FaultGate } {
  let failing: Failing[] = [];
  const hanging = new Map<string, Promise<void>>();
  let dropping = false;
  let cut = false;
  let armed: Arming | undefined;

  const die = async (call: SeenCall, when: string) => {
    tell({ kind: 'injected', message: `${call.sandbox} is killed (SIGKILL) ${when} its ${call.action}` });
    await kill(call.sandbox);
  };
  return {
    faults: {
      fail(action, error, lasts) {
        failing.push({ action, error, lasts });
      },
      hang(action) {
        let release = () => {};
        const released = new Promise<void>((resolve) => {
          release = resolve;
        });
        hanging.set(action, released);
        return () => {
          hanging.delete(action);
          release();
        };
      },
      throttle(action, seconds) {
        const until = Date.now() + seconds * 1000;
        failing.push({
          action,
          error: new AwsError('ThrottlingException', 'Rate exceeded'),
          lasts: () => Date.now() < until,
        });
      },
      dropEvents(drop) {
        dropping = drop;
      },
      cutTargets(whether) {
        cut = whether;
      },
      crashCaller(crash) {
        const own = new Arming(crash, () => {
          if (armed === own) armed = undefined;
        });
        armed = own;
        return own;
      },
    },
    gate: {
      async before(call) {
        if (armed?.counted(call) && armed.strikes(call, 'before')) {
          await die(call, 'before');
          // Nobody is left to read this.
          throw new AwsError('InternalFailure', 'the caller is gone', 500);
        }
        const released = hanging.get(call.action);
        if (released) {
          tell({ kind: 'injected', message: `${call.action} hangs` });
          await released;
          // Whoever called has given up long ago.
          throw new AwsError('InternalFailure', 'no answer in time', 500);
        }
        failing = failing.filter(({ lasts }) => lasts());
        const fault = failing.find(({ action }) => action === call.action);
        if (!fault) return;
        tell({ kind: 'injected', message: `${call.action} fails with ${fault.error.code}` });
        throw fault.error;
      },
      async after(call) {
        if (armed?.strikes(call, 'after')) await die(call, 'after');
      },
      dropsEvents: () => dropping,
      reachesTargets: () => !cut,
    },
  };
}

class Arming implements Armed {
  readonly calls: SeenCall[] = [];
  readonly disarm: () => void;
  readonly #crash: Crash;
  struck: SeenCall | undefined;

  constructor(crash: Crash, disarm: () => void) {
    this.#crash = crash;
    this.disarm = disarm;
  }

  /** Counts a call. False if it does not count. */
  counted(call: SeenCall): boolean {
    const { function: name, counts = () => true } = this.#crash;
    if (!call.sandbox.startsWith(`${name}.`) || !counts(call)) return false;
    this.calls.push(call);
    return true;
  }

  /** Whether this is the call and the moment. It strikes once. */
  strikes(call: SeenCall, when: 'before' | 'after'): boolean {
    const { nth, when: wanted = 'before' } = this.#crash;
    if (this.struck || nth === undefined || wanted !== when || this.calls[nth - 1] !== call) return false;
    this.struck = call;
    return true;
  }
}
