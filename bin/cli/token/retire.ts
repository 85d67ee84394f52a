import { output } from '../../../lambda/contract/names.ts';
import { openSession } from '../aws/session.ts';
import { dropPrevious, readTokens } from '../aws/token-secret.ts';
import type { Context } from '../context.ts';
import { outputOf, readConfig, readOutputs } from '../deployment.ts';
import { CliError } from '../errors.ts';
import { report } from '../output.ts';
import { readBundle, readToken } from '../site/bundle.ts';
import type { TokenFlags } from './rotate.ts';

type Result = { readonly done: 'retired' | 'nothing-to-retire'; readonly message: string };

export async function tokenRetire(this: Context, flags: TokenFlags): Promise<void> {
  await report(
    this,
    flags.json,
    () => retire(flags),
    ({ message }) => [message],
  );
}

async function retire(flags: TokenFlags): Promise<Result> {
  const config = readConfig(flags.config);
  const bundle = readBundle(flags.dir);
  const held = readToken(bundle);
  const session = await openSession(config.region);
  const secret = outputOf(await readOutputs(session, config), output.tokenSecretArn);
  const { current, previous } = await readTokens(session, secret);
  if (held !== current) {
    const isPrevious = held === previous;
    throw new CliError(
      `${bundle.tokenFile} holds ${isPrevious ? 'the previous token: without it the webhook would refuse this site' : 'neither the current token nor the previous one: the webhook refuses this site already'}`,
      `Run "npm run failover -- ${isPrevious ? 'token rotate" first, which finishes the rotation' : 'site init" first, which writes the current token'}; then retire.`,
    );
  }
  if (previous === undefined)
    return { done: 'nothing-to-retire', message: 'There is no previous token: nothing to retire.' };
  await dropPrevious(session, secret);
  return {
    done: 'retired',
    // lambda/receiver/authenticate.ts keeps a token that it knows for so long.
    message: 'The previous token is retired: the webhook refuses it within 10 minutes.',
  };
}
