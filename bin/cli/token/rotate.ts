import { setTimeout as delay } from 'node:timers/promises';
import { output } from '../../../lambda/contract/names.ts';
import { openSession, type Session } from '../aws/session.ts';
import { newToken, putToken, readTokens } from '../aws/token-secret.ts';
import type { Context } from '../context.ts';
import { outputOf, readConfig, readOutputs } from '../deployment.ts';
import { CliError, messageOf } from '../errors.ts';
import { report } from '../output.ts';
import { type Bundle, readBundle, readToken } from '../site/bundle.ts';
import { checkWritable, overwriteInPlace } from '../site/files.ts';
import { isReceiversAnswer, type PostOptions, postHarmless, proxyOf } from '../webhook.ts';

export type TokenFlags = { readonly dir: string; readonly config: string; readonly json: boolean };

type Result = { readonly done: 'rotated' | 'resumed'; readonly tokenFile: string; readonly message: string };

/** The receiver looks again for a token it does not know at once; after many wrong ones it may take longer than this. */
const acceptLimitSeconds = 150;

export async function tokenRotate(this: Context, flags: TokenFlags): Promise<void> {
  await report(
    this,
    flags.json,
    () => rotate(flags, this),
    ({ message }) => [message],
  );
}

/**
 * The webhook takes the new token before the site has it, and the old one until it is retired: at no moment
 * does the site hold one that is refused.
 */
async function rotate(flags: TokenFlags, context: Context): Promise<Result> {
  const config = readConfig(flags.config);
  const bundle = readBundle(flags.dir);
  const old = readToken(bundle);
  // Found out before anything is changed.
  checkWritable(bundle.tokenFile);
  const session = await openSession(config.region);
  const outputs = await readOutputs(session, config);
  const secret = outputOf(outputs, output.tokenSecretArn);
  const { token, isResumed } = await nextToken(session, secret, old, bundle);
  await untilAccepted(outputOf(outputs, output.webhookUrl), token, bundle, context);
  replaceOnSite(bundle, token);
  return {
    done: isResumed ? 'resumed' : 'rotated',
    tokenFile: bundle.tokenFile,
    message: `${isResumed ? 'An earlier rotation is finished' : 'The token is rotated'}: the webhook accepts the new one, and ${bundle.tokenFile} holds it. The old one still works, until "npm run failover -- token retire".`,
  };
}

/** A rotation that broke off is finished, because another one would leave the site with a token that is refused. */
async function nextToken(session: Session, secret: string, old: string, { tokenFile }: Bundle) {
  const { current, previous } = await readTokens(session, secret);
  if (old === current) {
    const token = newToken();
    await putNew(session, secret, token, tokenFile);
    return { token, isResumed: false };
  }
  if (current !== undefined && old === previous) return { token: current, isResumed: true };
  throw new CliError(
    `${tokenFile} holds a token that the webhook does not accept: neither the current one nor the one before`,
    'Run "npm run failover -- site init", which writes the current one, and then rotate.',
  );
}

async function putNew(session: Session, secret: string, token: string, tokenFile: string): Promise<void> {
  try {
    await putToken(session, secret, token);
  } catch (error) {
    throw new CliError(
      `${messageOf(error)}. The token in ${tokenFile} is the old one; the webhook accepts it`,
      `${(error as CliError).remedy} Run "npm run failover -- token rotate" again: it goes on where it stopped.`,
    );
  }
}

async function untilAccepted(url: string, token: string, bundle: Bundle, context: Context): Promise<void> {
  const { tokenFile } = bundle;
  const deadline = context.clock() + acceptLimitSeconds * 1000;
  for (let pauseSeconds = 1; ; pauseSeconds *= 2) {
    const said = await tryToken(url, token, { ca: context.ca, proxy: proxyOf(bundle) });
    if (said === undefined) return;
    if (context.clock() + pauseSeconds * 1000 > deadline) {
      throw new CliError(
        `the webhook has not accepted the new token (${said}). It is stored as the current one, and ${tokenFile} still holds the old one, which the webhook accepts as the previous one`,
        'Check the webhook ("npm run failover -- doctor"), then run "npm run failover -- token rotate" again: it goes on where it stopped. Do not retire the old one before.',
      );
    }
    context.process.stderr.write(
      `the webhook does not accept the new token yet (${said}); trying again in ${pauseSeconds} s …\n`,
    );
    await delay(pauseSeconds * 1000);
  }
}

/** Undefined if it is accepted, otherwise what came instead. */
async function tryToken(url: string, token: string, options: PostOptions): Promise<string | undefined> {
  try {
    const answer = await postHarmless(url, token, { ...options, signal: AbortSignal.timeout(15_000) });
    return isReceiversAnswer(answer) ? undefined : `it answers ${answer.status} ${answer.body.slice(0, 200)}`;
  } catch (error) {
    return messageOf(error);
  }
}

function replaceOnSite({ tokenFile }: Bundle, token: string): void {
  try {
    overwriteInPlace(tokenFile, token);
  } catch (error) {
    throw new CliError(
      `${messageOf(error)}. The webhook accepts the new token and, until it is retired, the old one, which ${tokenFile} still holds`,
      'Make the file writable and run "npm run failover -- token rotate" again: it goes on where it stopped.',
    );
  }
}
