import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  DescribeSecretCommand,
  PutSecretValueCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { describe, expect, test } from 'vitest';
import { cacheSeconds } from '../../lambda/receiver/authenticate.ts';
import {
  about,
  type Bundle,
  certificatePart,
  deploy,
  failover,
  makeBundle,
  pems,
  setEnv,
  token,
} from './fixture.ts';
import { forwardProxy, httpsServer, listen, Webhook } from './servers.ts';

const tokenFile = ({ dir }: Bundle) => join(dir, 'secrets/webhook_token');
const held = (bundle: Bundle) => readFileSync(tokenFile(bundle), 'utf8').trim();
const ca = certificatePart(pems.webhook);

/** A site and a webhook that takes what the secret says, as the receiver does. */
async function setUp() {
  const webhook = new Webhook(['web']);
  const port = await listen(httpsServer(pems.webhook, webhook.handle));
  const bundle = makeBundle({ FAILOVER_WEBHOOK_URL: `https://localhost:${port}/failover` });
  const account = deploy(bundle);
  const isAccepted = (value: string) => value === account.secret.current || value === account.secret.previous;
  webhook.tokens.has = isAccepted;
  return { bundle, account, webhook, isAccepted };
}

describe('token rotate', () => {
  const rotate = (bundle: Bundle, clock?: () => number) =>
    failover(['token', 'rotate', ...about(bundle)], { ca, ...(clock && { clock }) });

  test('webhook and site have a new token, and the old one still works', async () => {
    const { bundle, account, webhook, isAccepted } = await setUp();
    const { ino, mode } = statSync(tokenFile(bundle));
    const { exitCode, stdout } = await rotate(bundle);
    expect(exitCode).toBe(0);
    expect(held(bundle)).not.toBe(token);
    expect(held(bundle)).toBe(account.secret.current);
    expect(isAccepted(token)).toBe(true);
    expect(stdout).toMatch(
      /The token is rotated: .* The old one still works, until "npm run failover -- token retire"/,
    );
    expect(webhook.answered).toEqual([202]);
    expect(webhook.recorded).toEqual([]);
    // Whoever has the file mounted sees the new token.
    expect(statSync(tokenFile(bundle))).toMatchObject({ ino, mode });
  });

  test('S3: the new token is tried through the forward proxy of the site', async () => {
    const { bundle, account, webhook } = await setUp();
    const asked: string[] = [];
    const { host, port } = new URL(bundle.env.FAILOVER_WEBHOOK_URL ?? '');
    const proxy = await listen(forwardProxy(Number(port), asked));
    setEnv(bundle, { WEBHOOK_PROXY_URL: `http://127.0.0.1:${proxy}` });
    expect((await rotate(bundle)).exitCode).toBe(0);
    expect(asked).toEqual([`${host} nobody`]);
    expect(webhook.answered).toEqual([202]);
    expect(held(bundle)).toBe(account.secret.current);
  });

  test('the webhook does not take the new one: the site keeps the old one, and the next run goes on', async () => {
    const { bundle, account, webhook, isAccepted } = await setUp();
    const { has } = webhook.tokens;
    webhook.tokens.has = (value) => value === token;
    let now = 0;
    // Each look at the clock takes a minute: the limit passes without waiting for it.
    const { exitCode, stderr } = await rotate(bundle, () => (now += 60_000));
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /has not accepted the new token \(it answers 401 .* still holds the old one, which the webhook accepts/,
    );
    expect(stderr).toContain('run "npm run failover -- token rotate" again: it goes on where it stopped');
    expect(held(bundle)).toBe(token);
    expect(isAccepted(token)).toBe(true);
    webhook.tokens.has = has;
    expect((await rotate(bundle)).stdout).toContain('An earlier rotation is finished');
    expect(account.secrets.commandCalls(PutSecretValueCommand)).toHaveLength(1);
    expect(held(bundle)).toBe(account.secret.current);
  });

  test('the new one cannot be stored: nothing has changed, and it says so', async () => {
    const { bundle, account, isAccepted } = await setUp();
    account.secrets
      .on(PutSecretValueCommand)
      .rejects(Object.assign(new Error('not allowed'), { name: 'AccessDeniedException' }));
    const { exitCode, stderr } = await rotate(bundle);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /cannot store a new token: AccessDeniedException.* is the old one; the webhook accepts it\nWhat to do: Use credentials that may do this/,
    );
    expect(isAccepted(held(bundle))).toBe(true);
  });

  test('stored, but the answer was lost: the next run finishes it', async () => {
    const { bundle, account, isAccepted } = await setUp();
    account.secrets.on(PutSecretValueCommand).callsFake(({ SecretString }) => {
      Object.assign(account.secret, { previous: token, current: SecretString });
      throw Object.assign(new Error('socket hang up'), { name: 'TimeoutError' });
    });
    expect((await rotate(bundle)).exitCode).toBe(1);
    expect(isAccepted(held(bundle))).toBe(true);
    const { exitCode, stdout } = await rotate(bundle);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('An earlier rotation is finished');
    expect(held(bundle)).toBe(account.secret.current);
  });

  test('the file is a folder that cannot be written: found out before anything is changed', async () => {
    const { bundle, account } = await setUp();
    chmodSync(tokenFile(bundle), 0o600);
    const elsewhere = `${bundle.dir}/nowhere`;
    writeFileSync(join(bundle.dir, '.env'), `WEBHOOK_TOKEN_FILE=${elsewhere}\n`);
    const { exitCode, stderr } = await rotate(bundle);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      'there is no such file, expected the token of the webhook\nWhat to do: Run "npm run failover -- site init" first',
    );
    expect(account.secrets.commandCalls(PutSecretValueCommand)).toHaveLength(0);
  });

  test('a site with a token that is refused already is sent to site init', async () => {
    const { bundle, account } = await setUp();
    writeFileSync(tokenFile(bundle), 'some-token-from-long-ago-0123456789');
    const { exitCode, stderr } = await rotate(bundle);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /holds a token that the webhook does not accept: .*\nWhat to do: Run "npm run failover -- site init"/,
    );
    expect(account.secrets.commandCalls(PutSecretValueCommand)).toHaveLength(0);
  });
});

describe('token retire', () => {
  const retire = (bundle: Bundle) => failover(['token', 'retire', ...about(bundle)], { ca });

  async function rotated() {
    const all = await setUp();
    all.account.secret.previous = 'the-one-before-0123456789-0123456789';
    all.account.secrets
      .on(DescribeSecretCommand)
      .resolves({ VersionIdsToStages: { 'version-2': ['AWSCURRENT'], 'version-1': ['AWSPREVIOUS'] } });
    all.account.secrets.on(UpdateSecretVersionStageCommand).callsFake(() => {
      all.account.secret.previous = undefined;
    });
    return all;
  }

  test('takes the previous token away', async () => {
    const { bundle, account } = await rotated();
    const { exitCode, stdout } = await retire(bundle);
    expect(exitCode).toBe(0);
    expect(stdout).toBe(
      `The previous token is retired: the webhook refuses it within ${cacheSeconds / 60} minutes.\n`,
    );
    expect(
      account.secrets.commandCalls(UpdateSecretVersionStageCommand).map(({ args }) => args[0].input),
    ).toMatchObject([{ VersionStage: 'AWSPREVIOUS', RemoveFromVersionId: 'version-1' }]);
    expect(held(bundle)).toBe(account.secret.current);
  });

  test('refuses while the site holds the previous one', async () => {
    const { bundle, account } = await rotated();
    writeFileSync(tokenFile(bundle), account.secret.previous ?? '');
    const { exitCode, stderr } = await retire(bundle);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /holds the previous token: without it the webhook would refuse this site\nWhat to do: Run "npm run failover -- token rotate" first/,
    );
    expect(account.secrets.commandCalls(UpdateSecretVersionStageCommand)).toHaveLength(0);
  });

  test('refuses while the site holds neither', async () => {
    const { bundle, account } = await rotated();
    writeFileSync(tokenFile(bundle), 'some-token-from-long-ago-0123456789');
    const { exitCode, stderr } = await retire(bundle);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /neither the current token nor the previous one: .*\nWhat to do: Run "npm run failover -- site init" first/,
    );
    expect(account.secrets.commandCalls(UpdateSecretVersionStageCommand)).toHaveLength(0);
  });

  test('there is nothing to retire', async () => {
    const { bundle } = await setUp();
    const { exitCode, stdout } = await retire(bundle);
    expect(exitCode).toBe(0);
    expect(stdout).toBe('There is no previous token: nothing to retire.\n');
  });
});
