import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { DrillError, messageOf } from './errors.ts';

/** A program to run under supervision. */
export interface ProcessSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Gets stdout and stderr; written by the program itself, so it is complete even after a kill. */
  readonly logFile: string;
  /** True once the program can be used; asked until then. Without it, it counts as ready at once. */
  readonly isReady?: () => Promise<boolean>;
  /** How long it may take to become ready; 15 seconds by default. */
  readonly readySeconds?: number;
  /** From SIGTERM to SIGKILL; 5 seconds by default. */
  readonly graceSeconds?: number;
}

/** How a program ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A program that runs in a process group of its own. */
export interface Supervised {
  readonly name: string;
  readonly pid: number;
  readonly exited: Promise<Exit>;
  isRunning(): boolean;
  /** Sends a signal to the whole group. The end of a program after SIGKILL counts as expected. */
  signal(signal: NodeJS.Signals): void;
  /** SIGTERM, then SIGKILL after the grace; settles when it has ended. */
  stop(): Promise<void>;
}

/** Keeps everything that a drill started, and ends all of it. */
export interface Processes {
  start(spec: ProcessSpec): Promise<Supervised>;
  /** Adds something else that must be undone at the end. */
  onCleanup(name: string, undo: () => Promise<void>): void;
  /** Undoes everything in reverse order, each only once. Reports what fails and goes on. */
  cleanup(): Promise<void>;
}

const DEFAULT_READY_SECONDS = 15;
const DEFAULT_GRACE_SECONDS = 5;
const POLL_MS = 50;
/** What is to end and has not by then is told. */
const SLOW_MS = 20_000;
const LOG_LINES = 8;

/**
 * @param onUnexpectedExit told when a program ends that nobody asked to, with its last log lines
 * @param onTrouble        told when something could not be undone
 */
export function createProcesses(
  onUnexpectedExit: (name: string, description: string) => void,
  onTrouble: (message: string) => void,
): Processes {
  const undos: { readonly name: string; readonly undo: () => Promise<void> }[] = [];
  const groups = new Set<number>();
  // The last resort, for an exit that had no time to clean up.
  process.on('exit', () => {
    for (const pid of groups) signalGroup(pid, 'SIGKILL');
  });
  let cleaning: Promise<void> | undefined;

  const cleanup = async () => {
    for (let last = undos.pop(); last; last = undos.pop()) {
      const { name, undo } = last;
      const slow = setTimeout(() => onTrouble(`${name}: takes long to end`), SLOW_MS);
      await undo().catch((error: unknown) => onTrouble(`${name}: ${messageOf(error)}`));
      clearTimeout(slow);
    }
  };
  return {
    onCleanup: (name, undo) => {
      undos.push({ name, undo });
    },
    async start(spec) {
      const supervised = launch(spec, groups, onUnexpectedExit);
      undos.push({ name: spec.name, undo: supervised.stop });
      await becomesReady(spec, supervised);
      return supervised;
    },
    cleanup() {
      cleaning ??= cleanup().finally(() => {
        cleaning = undefined;
      });
      return cleaning;
    },
  };
}

function launch(
  spec: ProcessSpec,
  groups: Set<number>,
  onUnexpectedExit: (name: string, description: string) => void,
): Supervised {
  const { name, command, args, logFile } = spec;
  const log = openSync(logFile, 'a');
  const child = spawn(command, args, {
    cwd: spec.cwd,
    env: spec.env ?? process.env,
    stdio: ['ignore', log, log],
    detached: true,
  });
  closeSync(log);
  let expected = false;
  const exited = exitOf(child, spec);
  const pid = child.pid ?? -1;
  if (pid > 0) groups.add(pid);
  exited.then((exit) => {
    // The program's own children may live on: they go with it, as a container's would.
    if (pid > 0) signalGroup(pid, 'SIGKILL');
    groups.delete(pid);
    if (!expected) onUnexpectedExit(name, `${describeExit(exit)}; its last lines:\n${lastLines(logFile)}`);
  }, notStarted);
  const isRunning = () => pid > 0 && child.exitCode === null && child.signalCode === null;
  const signal = (which: NodeJS.Signals) => {
    if (which !== 'SIGSTOP' && which !== 'SIGCONT') expected = true;
    if (isRunning()) signalGroup(pid, which);
  };
  return {
    name,
    pid,
    exited,
    isRunning,
    signal,
    async stop() {
      signal('SIGTERM');
      // A stopped process hears nothing until it goes on.
      signal('SIGCONT');
      const timer = setTimeout(() => signal('SIGKILL'), (spec.graceSeconds ?? DEFAULT_GRACE_SECONDS) * 1000);
      await exited.catch(notStarted);
      clearTimeout(timer);
    },
  };
}

/** A program that could not be started has nothing to end; `start` has reported why. */
function notStarted(): void {}

async function exitOf(child: ChildProcess, { name, command }: ProcessSpec): Promise<Exit> {
  try {
    const [code, signal] = await once(child, 'exit');
    return { code, signal };
  } catch (error) {
    throw new DrillError(
      `${name} could not be started: ${messageOf(error)}; check that ${command} can be executed`,
    );
  }
}

async function becomesReady(spec: ProcessSpec, supervised: Supervised): Promise<void> {
  const { name, isReady, readySeconds = DEFAULT_READY_SECONDS, logFile } = spec;
  if (supervised.pid < 0) await supervised.exited;
  if (!isReady) return;
  let exit: Exit | undefined;
  supervised.exited.then((ended) => {
    exit = ended;
  }, notStarted);
  const deadline = Date.now() + readySeconds * 1000;
  while (!(await isReady())) {
    if (exit)
      throw new DrillError(
        `${name} ${describeExit(exit)} before it was ready; its last lines:\n${lastLines(logFile)}`,
      );
    if (Date.now() > deadline) {
      throw new DrillError(
        `${name} was not ready after ${readySeconds} s; its last lines:\n${lastLines(logFile)}`,
      );
    }
    // Another program's readiness raises no event here.
    await delay(POLL_MS);
  }
}

function describeExit({ code, signal }: Exit): string {
  return signal === null ? `ended with code ${code}` : `was ended by ${signal}`;
}

function lastLines(file: string): string {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n').slice(-LOG_LINES);
  return lines.map((line) => `  ${line}`).join('\n');
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // Nobody is left in the group.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Whether something accepts connections on a loopback port. */
export function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
  });
}
