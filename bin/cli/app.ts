import { buildApplication, buildCommand, buildRouteMap, run, text_en } from '@stricli/core';
import manifest from '../../package.json' with { type: 'json' };
import { completionCommand, completionWords } from './completion.ts';
import type { Context } from './context.ts';
import { CliError, codeOf } from './errors.ts';
import { config, dir, json, service } from './flags.ts';
import {
  acknowledgeCommand,
  drillCommand,
  failbackCommand,
  failoverCommand,
  historyCommand,
  pauseCommand,
  resumeCommand,
  selfTestCommand,
  statusCommand,
  switchoverCommand,
  whyCommand,
} from './steer/commands.ts';

const siteInit = buildCommand({
  loader: async () => (await import('./site/init.ts')).siteInit,
  parameters: {
    flags: {
      dir,
      service: {
        ...service,
        brief: 'Which service of failover.yaml this site runs; needed if there are several',
      },
      force: {
        kind: 'boolean',
        default: false,
        withNegated: false,
        brief:
          "Replace values in .env that differ from the deployment's, and a certificate that another site has put there",
      },
      config,
      json,
    },
  },
  docs: {
    brief: 'Writes .env, the token and the certificates of a site from what is deployed',
    fullDescription: `Writes .env, the token and the certificates of a site from what is deployed. Run it again at any time: it changes only what differs.

EXAMPLE
  npm run failover -- site init --service api`,
  },
});

const doctor = buildCommand({
  loader: async () => (await import('./doctor/command.ts')).doctor,
  parameters: {
    flags: {
      dir,
      noCloud: { kind: 'boolean', brief: 'Leave AWS out', default: false, withNegated: false },
      config,
      json,
    },
  },
  docs: {
    brief: 'Checks the whole chain, from the files of the site to the mail that people get',
    fullDescription: `Checks the whole chain, from the files of the site to the mail that people get. Run it on the site. Exit code 1 if anything failed; docs/doctor.md has all checks and remedies.

EXAMPLE
  npm run failover -- doctor --no-cloud`,
  },
});

const tokenFlags = { flags: { dir, config, json } } as const;

const tokenRotate = buildCommand({
  loader: async () => (await import('./token/rotate.ts')).tokenRotate,
  parameters: tokenFlags,
  docs: {
    brief: 'Gives the webhook a new token and this site the same one',
    fullDescription: `Gives the webhook a new token and this site the same one. The old one works on until "npm run failover -- token retire". If it breaks off, run it again: it goes on where it stopped.

EXAMPLE
  npm run failover -- token rotate`,
  },
});

const tokenRetire = buildCommand({
  loader: async () => (await import('./token/retire.ts')).tokenRetire,
  parameters: tokenFlags,
  docs: {
    brief: 'Takes the token before the current one away',
    fullDescription: `Takes the token before the current one away. Refuses while this site still uses it.

EXAMPLE
  npm run failover -- token retire`,
  },
});

const yes = { kind: 'boolean', default: false, withNegated: false, brief: 'Ask nothing' } as const;

const deployment = buildCommand({
  loader: async () => (await import('./deploy/command.ts')).deploy,
  parameters: {
    flags: { yes, config },
  },
  docs: {
    brief: 'Deploys, and refuses to replace the host of a standby that is needed',
    fullDescription: `Does what "npx cdk deploy --all" does. Before that it asks CloudFormation whether the host would be replaced. If so, it refuses while a service needs the standby (exit code 3), and asks otherwise.

EXAMPLE
  npm run failover -- deploy`,
  },
});

const hostImage = buildCommand({
  loader: async () => (await import('./kinds/ec2/image.ts')).hostImage,
  parameters: { flags: { config, json } },
  docs: {
    brief: 'Pins the newest machine image of Amazon Linux 2023 in failover.yaml',
    fullDescription: `Writes the id of the newest image into failover.yaml (standby.host.imageId) and says what that means. Nothing is deployed.

EXAMPLE
  npm run failover -- host image`,
  },
});

const hostReplace = buildCommand({
  loader: async () => (await import('./kinds/ec2/replace.ts')).hostReplace,
  parameters: { flags: { config, yes } },
  docs: {
    brief: 'Replaces the host by a new one, if no service needs the standby',
    fullDescription: `For a host that is broken or gone. Raises standby.host.generation in failover.yaml and deploys: the new host takes up the address, the key, the secrets and the hooks of the one before, and prepares itself.

EXAMPLE
  npm run failover -- host replace`,
  },
});

const root = buildRouteMap({
  routes: {
    status: statusCommand,
    why: whyCommand,
    history: historyCommand,
    switchover: switchoverCommand,
    failback: failbackCommand,
    failover: failoverCommand,
    pause: pauseCommand,
    resume: resumeCommand,
    acknowledge: acknowledgeCommand,
    'self-test': selfTestCommand,
    drill: drillCommand,
    deploy: deployment,
    host: buildRouteMap({
      routes: { image: hostImage, replace: hostReplace },
      docs: { brief: 'The machine of the standby' },
    }),
    site: buildRouteMap({ routes: { init: siteInit }, docs: { brief: 'Sets up a site' } }),
    doctor,
    token: buildRouteMap({
      routes: { rotate: tokenRotate, retire: tokenRetire },
      docs: { brief: 'The bearer token of the webhook' },
    }),
    completion: completionCommand,
  },
  docs: {
    brief: 'Sets up, checks and steers a service that has a standby in AWS',
    fullDescription: `Sets up, checks and steers a service that has a standby in AWS. Exit codes: 0 done, 1 something is broken, 2 called wrongly, 3 refused by the control plane.

EXAMPLE
  npm run failover -- status`,
  },
});

/** Two lines for what a person can solve; a stack for a mistake of ours. */
function told(thrown: unknown): string {
  if (thrown instanceof CliError) return `${thrown.message}\nWhat to do: ${thrown.remedy}`;
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
}

const app = buildApplication<Context>(root, {
  // As it is typed.
  name: 'npm run failover --',
  versionInfo: { currentVersion: manifest.version },
  scanner: { caseStyle: 'allow-kebab-for-camel' },
  determineExitCode: (thrown) => (thrown instanceof CliError ? thrown.exitCode : 1),
  localization: { text: { ...text_en, exceptionWhileRunningCommand: told, commandErrorResult: told } },
});

/** Whether this terminal is for a held drill that is not there any more. @param pid of the drill; undefined for none */
function endedDrill(pid: string | undefined): CliError | undefined {
  if (pid === undefined || isRunning(Number(pid))) return undefined;
  return new CliError(
    `the held drill that this terminal is for has ended (process ${pid})`,
    'Hold another one ("npm start -- --hold") and load its file again, or open a new terminal.',
  );
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It lives, and belongs to somebody else.
    return codeOf(error) === 'EPERM';
  }
}

const wrongUsage = new Set<unknown>([-4, -5]);

/** Runs one command line. Answers the exit code: 0 ok, 1 something is broken, 2 wrong usage, 3 refused. */
export async function runFailover(args: readonly string[], context: Context): Promise<number> {
  const line = context.process.env.COMP_LINE;
  if (args[0] === '__complete' && line !== undefined) {
    context.process.stdout.write(
      (await completionWords(app, line, context)).map((word) => `${word}\n`).join(''),
    );
    return 0;
  }
  const ended = endedDrill(context.process.env.FAILOVER_DRILL);
  if (ended) {
    context.process.stderr.write(`${told(ended)}\n`);
    return ended.exitCode;
  }
  await run(app, args, context);
  const { exitCode = 0 } = context.process;
  if (wrongUsage.has(exitCode)) {
    context.process.stderr.write(
      'What to do: look at "npm run failover -- --help", or put --help after the command.\n',
    );
    return 2;
  }
  return typeof exitCode === 'number' && exitCode >= 0 ? exitCode : 1;
}
