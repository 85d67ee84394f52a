import { readArguments, useVersions, wholeNumber, writableFile } from '../kit/arguments.ts';
import { DrillError } from '../kit/errors.ts';
import { scenarios } from '../scenarios/index.ts';
import type { Scenario } from '../scenarios/support/scenario.ts';

/** What a drill is asked to do. */
export interface Options {
  readonly help: boolean;
  /** Say which scenarios there are. */
  readonly list: boolean;
  readonly scenario: Scenario;
  /** Bring everything up and stay until Ctrl-C, instead of running a scenario. */
  readonly hold: boolean;
  /** The configuration that is rehearsed. */
  readonly configFile: string;
  /** Where the result is written as JSON. */
  readonly jsonFile: string | undefined;
  /** Where the report is written as a page. */
  readonly htmlFile: string | undefined;
  /** Where logs are kept; without it they go with the drill. */
  readonly logsFolder: string | undefined;
  readonly requestsPerSecond: number;
}

export const usage = `Rehearses a failover and the way back on this machine, with real parts.

  npm start -- [options]

  --scenario NAME what is broken (api-crash); --list shows them all, npm run drill:all plays them all
  --list          the scenarios: what each breaks, and what must become of it
  --config FILE   the configuration to rehearse (failover.yaml)
  --rate N        requests per second that clients send, 1 to 2000 (50)
  --json FILE     write the result as JSON
  --html FILE     write the report as a page: one file that needs nothing else
  --logs FOLDER   keep the logs of every part there
  --versions V    of HAProxy, Prometheus, Alertmanager and the others: machine (what it has, or its release
                  offers) or newest (Debian's newest packages, unpacked)
  --hold          bring everything up, say how to break it by hand, stay until Ctrl-C
  --help          this text

Exit code 0 only if both moves happened and every check held; 1 if not; 2 for a mistake in the call
or the configuration.`;

const described = {
  help: { type: 'boolean' },
  list: { type: 'boolean' },
  hold: { type: 'boolean' },
  scenario: { type: 'string' },
  config: { type: 'string' },
  json: { type: 'string' },
  html: { type: 'string' },
  logs: { type: 'string' },
  rate: { type: 'string' },
  versions: { type: 'string' },
} as const;

/** @throws DrillError that names the option, what it was given and what it takes */
export function parseOptions(args: readonly string[]): Options {
  const values = readArguments(args, described, 'npm start -- --help');
  useVersions(values.versions);
  return {
    help: values.help ?? false,
    list: values.list ?? false,
    scenario: scenarioCalled(values.scenario ?? 'api-crash'),
    hold: values.hold ?? false,
    configFile: values.config ?? 'failover.yaml',
    jsonFile: writableFile('--json', values.json),
    htmlFile: writableFile('--html', values.html),
    logsFolder: values.logs,
    requestsPerSecond: wholeNumber('--rate', values.rate ?? '50', 2000),
  };
}

function scenarioCalled(name: string): Scenario {
  const found = scenarios.find((one) => one.name === name);
  if (found) return found;
  const known = scenarios.map((one) => one.name).join(', ');
  throw new DrillError(`--scenario: received "${name}", expected one of ${known}`);
}
