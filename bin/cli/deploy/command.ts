import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { stackName } from '../../../lambda/contract/names.ts';
import type { Config } from '../../../lib/config/schema.ts';
import { openSession, type Session } from '../aws/session.ts';
import { describeStack } from '../aws/stacks.ts';
import type { Context } from '../context.ts';
import { readConfig } from '../deployment.ts';
import { CliError } from '../errors.ts';
import { type Replacement, replacementIn } from '../kinds/ec2/replacement.ts';
import { confirm } from '../steer/confirm.ts';
import type { Situation } from '../steer/situation.ts';
import { lookAtAll } from '../steer/status.ts';
import { openAll } from '../steer/target.ts';
import { typed } from '../steer/typed.ts';

type Flags = { readonly config: string; readonly yes: boolean };

/** `cdk deploy --all`, but never so that the host of a standby that is needed is replaced. */
export async function deploy(this: Context, flags: Flags): Promise<void> {
  const config = readConfig(flags.config);
  const session = await openSession(config.region);
  const replacement = await replacementOf(this, session, config, flags.config);
  if (replacement) await allow(this, flags, config, replacement);
  this.process.exitCode = await cdk(this, ['deploy', '--all', ...approval(flags.yes)], flags.config);
}

const approval = (yes: boolean) => (yes ? ['--require-approval', 'never'] : []);

/** What CloudFormation would do to the host; undefined if it stays, is not ours, or is not there yet. */
async function replacementOf(
  context: Context,
  session: Session,
  config: Config,
  file: string,
): Promise<Replacement | undefined> {
  const stack = stackName.standby(config.name);
  if (!config.standby.host || !(await describeStack(session, stack))) return undefined;
  const changeSet = `failover-look-${Math.round(context.clock())}`;
  context.process.stderr.write('asks CloudFormation what would become of the host …\n');
  const look = ['deploy', 'StandbyStack', '--method', 'prepare-change-set', '--change-set-name', changeSet];
  const code = await cdk(context, [...look, '--require-approval', 'never'], file);
  if (code !== 0)
    throw new CliError(
      `"npx cdk ${look.join(' ')}" ended with ${code}; nothing was deployed`,
      'What it has printed says why; put that right and run this again.',
    );
  return replacementIn(session, stack, changeSet);
}

/** @throws CliError while a service needs the standby; and if nobody wants the replacement */
async function allow(
  context: Context,
  { config: file, yes }: Flags,
  { name }: Config,
  { instanceId, because }: Replacement,
): Promise<void> {
  const what = `replaces the host ${instanceId}${because.length > 0 ? ` (${because.join(', ')})` : ''}`;
  const busy = (await lookAtAll(await openAll({ config: file }))).filter(needsStandby);
  if (busy.length > 0) {
    throw new CliError(
      `refused: this deployment ${what}, and it is needed: ${busy.map(({ service, headline }) => `${service}: ${headline}`).join('; ')}`,
      `Deploy when the primary serves ("${typed('status')}"), or leave the host as it is: keep standby.host as it was deployed.`,
      3,
    );
  }
  await confirm(context, yes, name, `${what}: some minutes without a standby`);
}

/** Anything but a primary that serves, and a standby that sleeps. */
const needsStandby = ({ serving, phase }: Situation) => serving !== 'primary' || phase !== 'home';

const program = fileURLToPath(new URL('../../../node_modules/aws-cdk/bin/cdk', import.meta.url));

async function cdk({ cdk: run }: Context, args: readonly string[], config: string): Promise<number> {
  const all = [...args, '--context', `config=${config}`];
  if (run) return run(all);
  const child = spawn(process.execPath, [program, ...all], { stdio: 'inherit' });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}
