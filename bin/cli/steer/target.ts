import type { Asked, OperatorAnswer } from '../../../lambda/contract/events.ts';
import type { Entry } from '../../../lambda/domain/history.ts';
import type { Config } from '../../../lib/config/schema.ts';
import { askReconciler } from '../aws/control-plane.ts';
import { readHistory } from '../aws/history.ts';
import { openSession } from '../aws/session.ts';
import { readConfig, serviceOf } from '../deployment.ts';

export type TargetFlags = { readonly config: string; readonly service?: string };

/** The control plane that is steered. */
export type Target = {
  /** Names of the services that the command is about. */
  readonly services: readonly string[];
  ask(service: string, asked: Asked): Promise<OperatorAnswer>;
  history(service: string, enough: (entries: readonly Entry[]) => boolean): Promise<Entry[]>;
};

/** For a command about one service. @throws CliError */
export async function openOne(flags: TargetFlags): Promise<{ target: Target; service: string }> {
  const config = readConfig(flags.config);
  const { name } = serviceOf(config, flags.service);
  return { target: await open(config, [name]), service: name };
}

/** For a command about the service that is named, or else all of them. @throws CliError */
export async function openAll(flags: TargetFlags): Promise<Target> {
  const config = readConfig(flags.config);
  const services = flags.service === undefined ? config.services : [serviceOf(config, flags.service)];
  return open(
    config,
    services.map(({ name }) => name),
  );
}

async function open(config: Config, services: readonly string[]): Promise<Target> {
  const session = await openSession(config.region);
  let table: string | undefined;
  const ask: Target['ask'] = async (service, asked) => {
    const answer = await askReconciler(session, config.name, service, asked);
    table = answer.table;
    return answer;
  };
  return {
    services,
    ask,
    async history(service, enough) {
      table ??= (await ask(service, { action: 'status' })).table;
      return readHistory(session, table, service, enough);
    },
  };
}
