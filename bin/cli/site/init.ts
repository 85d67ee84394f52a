import { statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { commandSeconds } from '../../../lambda/contract/durations.ts';
import { documentName, output, parameterName } from '../../../lambda/contract/names.ts';
import { openSession } from '../aws/session.ts';
import { readTokens } from '../aws/token-secret.ts';
import type { Context } from '../context.ts';
import { outputOf, readConfig, readOutputs, serviceOf } from '../deployment.ts';
import { CliError } from '../errors.ts';
import { report } from '../output.ts';
import { typed } from '../steer/typed.ts';
import { readBundle } from './bundle.ts';
import { type Env, parseEnvFile } from './env-file.ts';
import { makeFolder, overwriteInPlace, ownerOf, readIfThere, replaceFile } from './files.ts';
import { deployedEnv, type FilledEnv, fillEnv } from './fill-env.ts';
import { joinLink } from './link.ts';

type Flags = {
  readonly dir: string;
  readonly service?: string;
  readonly force: boolean;
  readonly config: string;
  readonly json: boolean;
};

type Result = Pick<FilledEnv, 'kept' | 'byHand'> & {
  readonly service: string;
  readonly written: readonly string[];
  readonly unchanged: readonly string[];
  readonly next: readonly string[];
};

export async function siteInit(this: Context, flags: Flags): Promise<void> {
  const say = (line: string) => void this.process.stderr.write(`${line}\n`);
  await report(this, flags.json, () => initialise(flags, say), linesOf);
}

async function initialise(flags: Flags, say: (line: string) => void): Promise<Result> {
  const config = readConfig(flags.config);
  const service = serviceOf(config, flags.service);
  const session = await openSession(config.region);
  const outputs = await readOutputs(session, config);
  const bundle = readBundle(flags.dir);
  const written: string[] = [];

  const known = { ...deployedEnv(config, service, outputs), ...machineEnv(flags.dir) };
  const filled = fillEnv(bundle.envText, known, flags.force);
  const owner = ownerOf(parseEnvFile(filled.text));
  if (filled.text !== bundle.envText) {
    replaceFile(bundle.envFile, filled.text, owner);
    written.push(bundle.envFile);
  }
  for (const folder of bundle.dataFolders) makeFolder(folder, owner);
  const { current } = await readTokens(session, outputOf(outputs, output.tokenSecretArn));
  if (!current)
    throw new CliError('the secret with the token has no value', 'Run "npm run failover -- deploy" again.');
  if (readIfThere(bundle.tokenFile)?.trim() !== current) {
    overwriteInPlace(bundle.tokenFile, current, owner);
    written.push(bundle.tokenFile);
  }
  const linkFiles = await joinLink(bundle, {
    session,
    owner,
    force: flags.force,
    parameters: {
      site: parameterName.siteCertificate(config.name),
      standby: parameterName.standbyCertificate(config.name),
    },
    document: documentName(config.name, service.name),
    instanceId: outputOf(outputs, output.instanceId),
    limitSeconds: commandSeconds(service),
    say,
  });
  written.push(...linkFiles);

  const { envFile, tokenFile, siteCertificateFile, standbyCertificateFile } = bundle;
  const all = [envFile, tokenFile, siteCertificateFile, standbyCertificateFile];
  const { kept, byHand } = filled;
  return {
    service: service.name,
    written,
    unchanged: all.filter((file) => !written.includes(file)),
    kept,
    byHand,
    next: nextSteps(flags.dir, byHand, linkFiles.length > 0),
  };
}

/** What this machine knows of itself: the containers run as who owns the bundle, but never as root. */
function machineEnv(dir: string): Env {
  const { uid, gid } = statSync(dir, { throwIfNoEntry: false }) ?? userInfo();
  return uid > 0 ? { SITE_USER: `${uid}:${gid}` } : {};
}

function nextSteps(dir: string, byHand: readonly string[], isLinkNew: boolean): string[] {
  return [
    ...(byHand.length > 0 ? [`fill in ${byHand.join(', ')} in ${dir}/.env`] : []),
    `in ${dir}: docker compose up --detach --wait${isLinkNew ? ' --force-recreate' : ''}`,
    'confirm the e-mail subscriptions that AWS has sent',
    typed('doctor'),
  ];
}

function linesOf({ service, written, unchanged, kept, byHand, next }: Result): string[] {
  return [
    `site of ${service}`,
    ...written.map((file) => `  written    ${file}`),
    ...unchanged.map((file) => `  unchanged  ${file}`),
    ...kept.map(
      ({ name, value, deployed }) =>
        `  kept       ${name}=${value}; here it should be ${deployed} (--force takes that)`,
    ),
    ...byHand.map((name) => `  by hand    ${name}`),
    'Next:',
    ...next.map((step, index) => `  ${index + 1}. ${step}`),
  ];
}
