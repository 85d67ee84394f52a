import { request as plainRequest } from 'node:http';
import { request } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { output } from '../../../lambda/contract/names.ts';
import type { Action } from '../../../lambda/domain/state.ts';
import { certificateIn, type KeyPair } from '../../kit/key-pair.ts';
import type { Stage } from '../../stage/stage.ts';

/** Looks at the world from outside, whatever the parts say of themselves. */

/** The site that answers clients now, as `X-Served-By` says it. */
export async function servedBy({ site }: Stage): Promise<'primary' | 'standby' | 'nobody'> {
  const answer = await get(site.serviceUrl);
  const by = answer?.ok ? answer.headers.get('x-served-by')?.split('/')[0] : undefined;
  return by === 'primary' || by === 'standby' ? by : 'nobody';
}

/** What came back on the port where the site reaches the standby. */
export interface DirectAnswer {
  readonly status: number | undefined;
  /** Of an answer in clear text, whatever it says. */
  readonly bytes: number;
  /** How the connection ended if there was no answer. */
  readonly error: string | undefined;
}

/**
 * Asks the standby for its health path on its own port.
 * @param who   the key pair with which the caller proves who it is; `plain` for somebody who does not encrypt
 * @param taken the certificate that the caller takes for the standby's; the published one without it
 */
export function askStandby(
  { rehearsed, cloud }: Stage,
  who: KeyPair | 'nobody' | 'plain',
  taken = certificateIn(
    cloud.parameters.get(rehearsed.assembly.outputs[output.standbyCertificateParameter] ?? '') ?? '',
  ),
): Promise<DirectAnswer> {
  const { port, healthPath: path } = rehearsed.service;
  const common = { host: '127.0.0.1', port, path, agent: false as const, timeout: ANSWER_SECONDS * 1000 };
  const proof = typeof who === 'object' ? { key: who.key, cert: who.certificate } : {};
  return new Promise((resolve) => {
    const call =
      who === 'plain'
        ? plainRequest(common)
        : request({ ...common, ...proof, servername: 'standby', ...(taken && { ca: taken }) });
    let bytes = 0;
    call.on('socket', (socket) => {
      // Of an encrypted connection only what was decrypted is an answer.
      const inner = socket as TLSSocket;
      inner.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
    });
    call.on('response', (response) => {
      response.resume();
      response.on('close', () => resolve({ status: response.statusCode, bytes, error: undefined }));
    });
    call.on('error', ({ code, message }: NodeJS.ErrnoException) =>
      resolve({ status: undefined, bytes, error: code ?? message }),
    );
    call.on('timeout', () => call.destroy(new Error('no answer')));
    call.end();
  });
}

/** Whether the standby answers the site on its own port. */
export async function standbyAnswers(stage: Stage): Promise<boolean> {
  return (await askStandby(stage, stage.siteKeyPair)).status === 200;
}

const ANSWER_SECONDS = 2;

async function get(url: string): Promise<Response | undefined> {
  try {
    // A connection of its own: one that is kept may still lead to a site that has just died.
    const headers = { connection: 'close' };
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(ANSWER_SECONDS * 1000) });
    await response.arrayBuffer();
    return response;
  } catch {
    // Whatever the reason: nobody answers.
    return undefined;
  }
}

/** Commands that the control plane sent, by action. */
export function commandsSent({ happenings }: Stage, ...actions: Action[]): number {
  const wanted: readonly (string | undefined)[] = actions;
  return happenings.all.filter((one) => one.kind === 'command-sent' && wanted.includes(one.parameters.action))
    .length;
}

/** Mails with these words in the subject; one for each subscriber counts once. */
export function mailsAbout({ mails, cloud }: Stage, words: string): number {
  const count = mails.mails.filter(({ subject }) => subject.includes(words)).length;
  return count / Math.max(1, cloud.subscribers.length);
}
