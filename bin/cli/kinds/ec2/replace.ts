import type { Context } from '../../context.ts';
import { deploy } from '../../deploy/command.ts';
import { readConfig } from '../../deployment.ts';
import { CliError } from '../../errors.ts';
import { setInHost } from './settings.ts';

type Flags = { readonly config: string; readonly yes: boolean };

/**
 * A new host in one command, for one that is broken or gone. CloudFormation does not notice that an instance was
 * terminated, so the instance gets another name in the template.
 */
export async function hostReplace(this: Context, flags: Flags): Promise<void> {
  const { standby } = readConfig(flags.config);
  if (!standby.host) {
    throw new CliError(
      `${flags.config} names an instance of your own (standby.instanceId): that machine is yours`,
      'Make another one, put its id there, and deploy.',
      2,
    );
  }
  const { generation } = standby.host;
  setInHost(flags.config, 'generation', generation + 1);
  try {
    await deploy.call(this, flags);
  } catch (error) {
    // What was refused must not happen with the next deployment.
    setInHost(flags.config, 'generation', generation);
    throw error;
  }
  const now = `standby.host.generation in ${flags.config} is ${generation + 1} now`;
  this.process.stdout.write(
    this.process.exitCode
      ? `${now}, and the deployment failed: put right what it says above, and run "npm run failover -- deploy".\n`
      : `${now}: commit that, or the next deployment brings the old host back.\n`,
  );
}
