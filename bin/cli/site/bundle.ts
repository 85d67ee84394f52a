import { join, resolve } from 'node:path';
import { CliError } from '../errors.ts';
import { type Env, parseEnvFile } from './env-file.ts';
import { readIfThere } from './files.ts';

/** The files of a site that belong to this command. */
export type Bundle = {
  readonly dir: string;
  readonly envFile: string;
  /** Undefined if there is no .env. */
  readonly envText: string | undefined;
  readonly env: Env;
  readonly tokenFile: string;
  /** The site's certificate and its private key. */
  readonly siteCertificateFile: string;
  /** The host's certificate. */
  readonly standbyCertificateFile: string;
  /** What Prometheus and Alertmanager keep; Compose wants them there. */
  readonly dataFolders: readonly string[];
};

const envFileOf = (dir: string): string => resolve(dir, '.env');

/** @throws CliError if .env is there and cannot be read */
export const readBundle = (dir: string): Bundle => bundleOf(dir, readIfThere(envFileOf(dir)));

/** @param envText what .env says; undefined if it is not there */
export function bundleOf(dir: string, envText: string | undefined): Bundle {
  const env = parseEnvFile(envText ?? '');
  const path = (name: string, otherwise: string) => resolve(dir, env[name] || otherwise);
  return {
    dir,
    envFile: envFileOf(dir),
    envText,
    env,
    tokenFile: path('WEBHOOK_TOKEN_FILE', 'secrets/webhook_token'),
    siteCertificateFile: path('SITE_CERTIFICATE_FILE', 'secrets/site.pem'),
    standbyCertificateFile: path('STANDBY_CERTIFICATE_FILE', 'secrets/standby.crt'),
    dataFolders: ['prometheus', 'alertmanager'].map((name) => join(path('DATA_FOLDER', 'data'), name)),
  };
}

/** The token that this site sends. @throws CliError if there is none */
export function readToken({ tokenFile }: Bundle): string {
  const token = readIfThere(tokenFile)?.trim();
  if (token) return token;
  throw new CliError(
    `${tokenFile}: ${token === undefined ? 'there is no such file' : 'the file is empty'}, expected the token of the webhook`,
    'Run "npm run failover -- site init" first.',
  );
}
