import type { OperatorAnswer } from '../../../lambda/contract/events.ts';
import type { OutputName } from '../../../lambda/contract/names.ts';
import type { Config, ServiceConfig } from '../../../lib/config/schema.ts';
import type { Session } from '../aws/session.ts';
import type { Outputs } from '../aws/stacks.ts';
import type { CliError } from '../errors.ts';
import type { Bundle } from '../site/bundle.ts';
import { CannotLook } from './cannot-look.ts';

/** The cloud side, for who may look at it. */
export type CloudSide = {
  readonly session: Session;
  readonly config: Config;
  readonly service: ServiceConfig;
  /** Of all stacks that are deployed, together. */
  readonly outputs: () => Promise<Outputs>;
  /** What the reconciler says of the service. */
  readonly status: () => Promise<OperatorAnswer>;
};

/** What the checks look at. */
export type Examined = {
  readonly bundle: Bundle;
  /** Why .env cannot be read, if it is there and cannot. */
  readonly envProblem?: CliError | undefined;
  readonly ca?: string | undefined;
  /** It is a held drill, which stands in for AWS with less than all of it. */
  readonly isDrill?: boolean;
  readonly clock: () => number;
  /** Ends with the time that a check has. */
  readonly signal: AbortSignal;
  /** @throws CannotLook without credentials, or where nobody wants to look */
  readonly cloud: () => Promise<CloudSide>;
};

/** A variable of the site's environment. @throws CannotLook if it is not set */
export function need({ bundle }: Examined, name: string): string {
  const value = bundle.env[name];
  if (value) return value;
  throw new CannotLook(`${name} is not set in ${bundle.envFile}`);
}

/** Where one of the site's own pages is bound, as a URL that this machine can ask. */
export function pageUrl({ bundle }: Examined, variable: string, otherwise: string): string {
  const bind = bundle.env[variable] || otherwise;
  const [, host = '', port] = /^(.*):(\d+)$/.exec(bind) ?? [];
  return `http://${host === '' || host === '0.0.0.0' || host === '*' ? '127.0.0.1' : host}:${port ?? bind}`;
}

/** @throws CannotLook if the deployment does not say */
export async function deployed({ outputs }: CloudSide, name: OutputName): Promise<string> {
  const value = (await outputs())[name];
  if (value) return value;
  throw new CannotLook(`the stacks have no output ${name}`);
}
