import { type OutputName, stackName } from '../../lambda/contract/names.ts';
import { ConfigError, loadConfig } from '../../lib/config/load.ts';
import type { Config, ServiceConfig } from '../../lib/config/schema.ts';
import type { Session } from './aws/session.ts';
import { describeStack, type Outputs } from './aws/stacks.ts';
import { CliError } from './errors.ts';

/** failover.yaml. @throws CliError */
export function readConfig(file: string): Config {
  try {
    return loadConfig(file);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new CliError(
      error.message,
      'Correct it, or name the file that was deployed with --config; docs/configuration.md has all keys.',
      2,
    );
  }
}

/** The service that a site runs. @throws CliError */
export function serviceOf({ services }: Config, name: string | undefined): ServiceConfig {
  const only = services.length === 1 ? services[0] : undefined;
  const found = name === undefined ? only : services.find((service) => service.name === name);
  if (found) return found;
  const names = services.map((service) => service.name).join(', ');
  throw new CliError(
    `--service: received ${name === undefined ? 'nothing' : JSON.stringify(name)}, expected one of ${names}`,
    'Say which service of failover.yaml runs on this site: --service NAME.',
    2,
  );
}

export const stackNames = ({ name, standby }: Config): readonly string[] =>
  standby.host ? [stackName.controlPlane(name), stackName.standby(name)] : [stackName.controlPlane(name)];

/** The outputs of all stacks together. @throws CliError if one is not deployed */
export async function readOutputs(session: Session, config: Config): Promise<Outputs> {
  const names = stackNames(config);
  const stacks = await Promise.all(names.map((name) => describeStack(session, name)));
  const missing = names.filter((_, index) => stacks[index] === undefined);
  if (missing.length > 0) {
    throw new CliError(
      `not deployed in ${config.region}: ${missing.join(', ')}`,
      'Run "npm run failover -- deploy", or use the credentials of the account it was deployed to.',
    );
  }
  return Object.assign({}, ...stacks.map((stack) => stack?.outputs));
}

/** @throws CliError if the deployment is older than this output */
export function outputOf(outputs: Outputs, name: OutputName): string {
  const value = outputs[name];
  if (value) return value;
  throw new CliError(
    `the stacks have no output ${name}; they have ${Object.keys(outputs).sort().join(', ')}`,
    'Deploy this version first: "npm run failover -- deploy".',
  );
}
