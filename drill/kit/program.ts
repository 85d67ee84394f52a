import { ConfigError } from '../../lib/config/load.ts';
import { cleanUpOnEnd } from './endings.ts';
import { DrillError, messageOf } from './errors.ts';
import { createProcesses, type Processes } from './processes.ts';
import { createTimeline, type Timeline } from './timeline.ts';
import { workFolder } from './work-folder.ts';

/** What every program of the drill is asked. */
export interface CommonOptions {
  readonly help: boolean;
  /** Where logs are kept; without it they are removed at the end. */
  readonly logsFolder?: string | undefined;
}

/** What a program of the drill works with. */
export interface ProgramTools {
  readonly processes: Processes;
  readonly timeline: Timeline;
  /** For logs and state. */
  readonly workDir: string;
  /** Aborted when somebody ends the program. */
  readonly ending: AbortSignal;
}

export interface ProgramSpec<Options extends CommonOptions> {
  readonly usage: string;
  /** @throws Error that names the option, the value received and what was expected */
  parse(args: readonly string[]): Options;
  /** @returns the exit code */
  run(options: Options, tools: ProgramTools): Promise<number>;
  /** Told when something ends that nobody asked to end; the timeline is told without it. */
  readonly onUnexpectedExit?: (name: string, how: string) => void;
}

export const print = (line: string) => void process.stdout.write(`${line}\n`);
export const complain = (line: string) => void process.stderr.write(`${line}\n`);

/**
 * Runs a program of the drill, and ends the process. Mistakes of the caller are told in one line
 * (exit code 2), and so is a drill that failed (1); any other error is a defect and shows where it happened (1). What
 * the program started is ended, however the program ends.
 */
export async function runProgram<Options extends CommonOptions>(spec: ProgramSpec<Options>): Promise<void> {
  let options: Options;
  try {
    options = spec.parse(process.argv.slice(2));
  } catch (error) {
    complain(messageOf(error));
    process.exitCode = 2;
    return;
  }
  if (options.help) {
    print(spec.usage);
    return;
  }
  // Everything is ended by now. To wait for the loop of events to run dry would be to wait for Node's own cleanup, which
  // sometimes never comes to an end after connections were reset (seen with Node 24: it turns in CleanupHandles).
  process.exit(await runToTheEnd(spec, options));
}

async function runToTheEnd<Options extends CommonOptions>(
  { run, onUnexpectedExit }: ProgramSpec<Options>,
  options: Options,
): Promise<number> {
  const timeline = createTimeline(process.stdout);
  const inTimeline = (name: string, how: string) =>
    timeline.add(name, `ended unexpectedly: ${how}`, { tone: 'bad' });
  const processes = createProcesses(onUnexpectedExit ?? inTimeline, complain);
  const ending = new AbortController();
  cleanUpOnEnd(() => {
    ending.abort();
    return processes.cleanup();
  }, complain);
  try {
    const workDir = workFolder(options.logsFolder, processes.onCleanup);
    return await run(options, { processes, timeline, workDir, ending: ending.signal });
  } catch (error) {
    const isExpected = error instanceof DrillError || error instanceof ConfigError;
    complain(isExpected ? error.message : String((error as Error).stack ?? error));
    return error instanceof ConfigError ? 2 : 1;
  } finally {
    await processes.cleanup();
  }
}
