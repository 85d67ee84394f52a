import { readArguments, wholeNumber, writableFile } from '../kit/arguments.ts';

/** What the drill of the compose file is asked to do. */
export interface Options {
  readonly help: boolean;
  readonly configFile: string;
  readonly jsonFile: string | undefined;
  readonly logsFolder: string | undefined;
  readonly requestsPerSecond: number;
}

export const usage = `Brings up onprem/compose.yaml in Docker, kills the primary's container, and waits for the way back.

  npm run drill:compose -- [options]

  --config FILE   the configuration to rehearse (failover.yaml)
  --rate N        requests per second that clients send, 1 to 2000 (50)
  --json FILE     write the result as JSON
  --logs FOLDER   keep the logs of every part there
  --help          this text

Needs a Docker daemon on this machine (Linux), and Compose. Exit code 0 only if everything got healthy, both
moves happened and every check held; 1 if not; 2 for a mistake in the call or the configuration.`;

const described = {
  help: { type: 'boolean' },
  config: { type: 'string' },
  json: { type: 'string' },
  logs: { type: 'string' },
  rate: { type: 'string' },
} as const;

/** @throws DrillError that names the option, what it was given and what it takes */
export function parseOptions(args: readonly string[]): Options {
  const values = readArguments(args, described, 'npm run drill:compose -- --help');
  return {
    help: values.help ?? false,
    configFile: values.config ?? 'failover.yaml',
    jsonFile: writableFile('--json', values.json),
    logsFolder: values.logs,
    requestsPerSecond: wholeNumber('--rate', values.rate ?? '50', 2000),
  };
}
