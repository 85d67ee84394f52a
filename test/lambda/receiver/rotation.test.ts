import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { secretTokens } from '../../../lambda/adapters/secret-tokens.ts';
import { authenticate, cacheSeconds } from '../../../lambda/receiver/authenticate.ts';
import { type HttpEvent, type HttpResult, json, jsonErrors } from '../../../lambda/receiver/http.ts';
import { silentLog } from '../../support/in-memory.ts';

/** The real adapter and the real check; only Secrets Manager and the clock are ours. */
const aws = mockClient(SecretsManagerClient);
const [first, second, wrong] = ['a', 'b', 'w'].map((letter) => letter.repeat(43)) as [string, string, string];
let labels: Record<string, string | undefined>;
let now: number;
let knock: (token: string) => Promise<number>;

/** As PutSecretValue does. */
const rotate = (token: string) => {
  labels = { AWSCURRENT: token, AWSPREVIOUS: labels.AWSCURRENT };
};
/** As UpdateSecretVersionStage does, when it takes the label off. */
const retire = () => {
  labels = { AWSCURRENT: labels.AWSCURRENT };
};
const reads = () => aws.commandCalls(GetSecretValueCommand).length;
const pass = (seconds: number) => {
  now += seconds * 1000;
};

beforeEach(() => {
  aws.reset();
  aws.on(GetSecretValueCommand).callsFake(({ VersionStage }) => {
    const SecretString = labels[VersionStage];
    if (SecretString) return { SecretString };
    throw new ResourceNotFoundException({ message: 'no such label', $metadata: {} });
  });
  now = 1_000_000;
  labels = { AWSCURRENT: first };
  knock = sandbox();
});

/** One execution environment of the function, with its own memory. */
function sandbox(): (token: string) => Promise<number> {
  const clock = () => now;
  const handler = middy<HttpEvent, HttpResult>()
    .use(jsonErrors(silentLog))
    .use(authenticate(secretTokens(new SecretsManagerClient({}), 'arn:secret', clock), clock))
    .handler(() => json(202, {}));
  return async (token) => {
    const event = { headers: { authorization: `Bearer ${token}` } } as unknown as HttpEvent;
    return (await handler(event, {} as Context)).statusCode ?? 0;
  };
}

describe('a rotation of the token', () => {
  it('while it lasts, the new and the old one work, at once and without a break', async () => {
    expect(await knock(first)).toBe(202);
    pass(1);
    rotate(second);
    expect(await knock(first)).toBe(202);
    expect(await knock(second)).toBe(202);
    expect(await knock(first)).toBe(202);
    pass(10 * cacheSeconds);
    expect([await knock(first), await knock(second)]).toEqual([202, 202]);
    expect([await sandbox()(first), await sandbox()(second)]).toEqual([202, 202]);
  });

  it.each([
    ['nothing of the rotation', []],
    ['it as the current one', [first]],
    ['it as the previous one', [second, first]],
    ['that there is none, and then both', [second, first, second, first]],
  ])(
    'the retired one is refused within the stated time by a sandbox that remembers %s',
    async (_, knocks) => {
      expect(await knock(first)).toBe(202);
      rotate(second);
      for (const token of knocks) expect(await knock(token)).toBe(202);
      retire();
      pass(cacheSeconds);
      expect([await knock(first), await knock(second), await knock(first)]).toEqual([401, 202, 401]);
      expect(await sandbox()(first)).toBe(401);
    },
  );

  it.each([
    ['ten wrong tokens', () => Array.from({ length: 10 }, (_, at) => `${at}${wrong}`)],
    ['the same wrong one all the time', () => Array.from({ length: 5000 }, () => wrong)],
  ])('C5: works at once after %s', async (_, tokens) => {
    await knock(first);
    for (const token of tokens()) expect(await knock(token)).toBe(401);
    rotate(second);
    expect(await knock(second)).toBe(202);
  });

  it('C5: in a flood of unknown tokens it is never refused, and works within seconds', async () => {
    await knock(first);
    rotate(second);
    let waited = 0;
    for (let at = 0; at < 1000; at++) await knock(`${at}${wrong}`);
    const third = 'c'.repeat(43);
    rotate(third);
    for (let status = 0; status !== 202; waited++) {
      for (let at = 0; at < 100; at++) await knock(`${waited}-${at}${wrong}`);
      status = await knock(third);
      // 503: the alert comes again. A 401 would not.
      expect([202, 503]).toContain(status);
      pass(1);
    }
    expect(waited).toBeLessThan(5);
  });
});

describe('what it costs', () => {
  it('the current token costs one call per sandbox and age of the copy, and never asks for the old one', async () => {
    for (let second = 0; second < 3600; second += 10) {
      expect(await knock(first)).toBe(202);
      pass(10);
    }
    expect(reads()).toBe(3600 / cacheSeconds);
    const asked = aws.commandCalls(GetSecretValueCommand).map(({ args }) => args[0].input.VersionStage);
    expect(new Set(asked)).toEqual(new Set(['AWSCURRENT']));
  });

  it.each([
    ['a flood of one wrong token', 0.01, 60, () => wrong],
    ['an Alertmanager that has an expired one', 10, 3600, () => wrong],
    ['a flood of different ones', 0.01, 60, (at: number) => `${at}${wrong}`],
  ])('%s costs a bounded number of calls', async (_, every, lasts, token) => {
    for (let at = 0; at * every < lasts; at++) {
      expect([401, 503]).toContain(await knock(token(at)));
      pass(every);
    }
    // Two calls for each look-up: the burst and one in two seconds, or one in half a minute for a known token.
    expect(reads()).toBeLessThanOrEqual(2 + 2 * Math.min(30 + lasts / 2, lasts / every));
    if (token(0) === token(1)) expect(reads()).toBeLessThanOrEqual(2 + 2 * (lasts / 30 + 1));
  });

  it('a flood while Secrets Manager does not answer asks at most once a second', async () => {
    aws.on(GetSecretValueCommand).rejects(new Error('down'));
    for (let i = 0; i < 1000; i++) {
      expect(await knock(wrong)).toBe(503);
      pass(0.01);
    }
    expect(reads()).toBeLessThanOrEqual(11);
  });
});
