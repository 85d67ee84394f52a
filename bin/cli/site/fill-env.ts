import { output } from '../../../lambda/contract/names.ts';
import type { Config, ServiceConfig } from '../../../lib/config/schema.ts';
import type { Outputs } from '../aws/stacks.ts';
import {
  type Env,
  exampleEnv,
  isExample,
  isKnown,
  parseEnvFile,
  requiredNames,
  setVariable,
} from './env-file.ts';

export type FilledEnv = {
  readonly text: string;
  /** What the deployment says otherwise than the file, which was left alone. */
  readonly kept: readonly { readonly name: string; readonly value: string; readonly deployed: string }[];
  /** What nobody but the operator knows, and is not there yet. */
  readonly byHand: readonly string[];
};

/** What the deployment knows of the site's environment. */
export function deployedEnv(config: Config, service: ServiceConfig, outputs: Outputs): Env {
  const address = outputs[output.standbyAddress];
  const digest = /sha256:[0-9a-f]{64}$/.exec(service.image ?? '')?.[0];
  return {
    SERVICE_NAME: service.name,
    PORT: String(service.containerPort ?? service.port),
    HEALTH_PATH: service.healthPath,
    FAILOVER_WEBHOOK_URL: outputs[output.webhookUrl],
    ALERT_EMAIL_TO: config.emails.join(', '),
    ...(address && {
      STANDBY_ADDRESS: `${address}:${service.port}`,
      STANDBY_LINE_ADDRESS: `${address}:${config.standby.linePort}`,
    }),
    ...(service.image && { API_IMAGE: service.image }),
    ...(digest && { PRIMARY_IMAGE: digest }),
  };
}

/**
 * Puts what is known into the text of a .env, or of the example if there is none yet. A value that somebody
 * has given is never replaced, unless `force`.
 */
export function fillEnv(before: string | undefined, known: Env, force: boolean): FilledEnv {
  const example = parseEnvFile(exampleEnv());
  const given = parseEnvFile(before ?? '');
  const kept: { name: string; value: string; deployed: string }[] = [];
  let text = before ?? exampleEnv();
  // A newer example may ask for more than an older file says.
  for (const name of requiredNames())
    if (!parseEnvFile(text)[name]) text = setVariable(text, name, example[name] ?? '');
  for (const [name, value] of Object.entries(known)) {
    const is = given[name];
    if (value === undefined || is === value || !isKnown(name)) continue;
    if (is && is !== example[name] && !force) kept.push({ name, value: is, deployed: value });
    else text = setVariable(text, name, value);
  }
  const filled = parseEnvFile(text);
  return { text, kept, byHand: requiredNames().filter((name) => isExample(name, filled[name])) };
}
