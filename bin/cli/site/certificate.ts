import { execFileSync } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CliError, codeOf, messageOf } from '../errors.ts';

/** Ten years: it is pinned, so its end protects nobody, and only costs an outage when it is forgotten. */
const days = 3650;

/** A certificate that signs only itself: for the one peer that has it pinned. */
const request = `[req]
prompt = no
distinguished_name = name
x509_extensions = extensions
[name]
CN = NAME
[extensions]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth, serverAuth
subjectAltName = DNS:NAME
`;

/**
 * A new certificate and its private key, both PEM, in one text. The key is made here and leaves this process
 * only for openssl, in a folder that nobody else may read and that is gone afterwards.
 * @throws CliError if openssl is missing or fails
 */
export function makeCertificate(name: string): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' });
  const folder = mkdtempSync(join(tmpdir(), 'failover-'));
  try {
    writeFileSync(join(folder, 'request'), request.replaceAll('NAME', name));
    writeFileSync(join(folder, 'key'), key, { mode: 0o600 });
    const args = [
      'req',
      '-x509',
      '-new',
      '-sha256',
      '-days',
      String(days),
      '-config',
      'request',
      '-key',
      'key',
    ];
    const certificate = execFileSync('openssl', args, {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return `${certificate.trimEnd()}\n${key}`;
  } catch (error) {
    if (codeOf(error) === 'ENOENT')
      throw new CliError(
        'the program openssl is missing',
        'Install it (Debian: "apt-get install openssl"), and run this again.',
      );
    throw new CliError(
      `openssl failed: ${messageOf(error).trim().split('\n').at(-1)}`,
      'Run this again with another openssl first in PATH; version 1.1.1 or newer will do.',
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The certificate alone, without the key. @throws CliError if there is none in it */
export function certificateOf(pem: string, file: string): X509Certificate {
  const block = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/.exec(pem)?.[0];
  try {
    if (block) return new X509Certificate(block);
  } catch (error) {
    throw new CliError(
      `${file} holds a certificate that cannot be read: ${messageOf(error)}`,
      startAgain(file),
    );
  }
  throw new CliError(`${file} holds no certificate`, startAgain(file));
}

/** The certificate of a file that holds its private key too. @throws CliError if the two do not belong together */
export function certificateWithKey(pem: string, file: string): X509Certificate {
  const certificate = certificateOf(pem, file);
  try {
    if (certificate.checkPrivateKey(createPrivateKey(pem))) return certificate;
  } catch (error) {
    throw new CliError(
      `${file} holds no private key that can be read: ${messageOf(error)}`,
      startAgain(file),
    );
  }
  throw new CliError(`${file} holds a private key that is not the certificate's`, startAgain(file));
}

const startAgain = (file: string) => `Remove ${file} and run "npm run failover -- site init --force".`;

/** As PEM, the same for the same certificate however it was written. */
export const pemOf = (certificate: X509Certificate): string => certificate.toString();

export const isSame = (one: X509Certificate, other: X509Certificate): boolean =>
  one.fingerprint256 === other.fingerprint256;
