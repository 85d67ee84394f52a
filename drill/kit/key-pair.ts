import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { capture } from './capture.ts';
import { DrillError } from './errors.ts';

/** A private key and the certificate that it made for itself, both as PEM. */
export interface KeyPair {
  readonly key: string;
  readonly certificate: string;
  /** Both in one file, as HAProxy and stunnel read them. */
  readonly pem: string;
}

/**
 * Makes one with the real openssl.
 * @param name   what the certificate is for
 * @param folder an existing one to work in; nothing is left there
 * @throws DrillError if openssl is not there or fails
 */
export async function makeKeyPair(name: string, folder: string): Promise<KeyPair> {
  const keyFile = join(folder, `${name}.key.new`);
  const certificateFile = join(folder, `${name}.crt.new`);
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const about = ['-days', '3650', '-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`];
  const made = await capture('openssl', [...args, ...about, '-keyout', keyFile, '-out', certificateFile]);
  if (!made.ok)
    throw new DrillError(`openssl made no certificate: ${made.problem}; install the package openssl`);
  const [key = '', certificate = ''] = [keyFile, certificateFile].map((file) => readFileSync(file, 'utf8'));
  for (const file of [keyFile, certificateFile]) rmSync(file);
  return { key, certificate, pem: certificate + key };
}

/** The first certificate in a text, as PEM; undefined if it has none. */
export function certificateIn(text: string): string | undefined {
  return /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(text)?.[0].concat('\n');
}
