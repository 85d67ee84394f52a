import { createServer } from 'node:http';
import { afterAll, describe, expect, test } from 'vitest';
import { mayPull } from '../../../drill/host/registry.ts';
import { close, listen } from '../../../drill/kit/http.ts';

const image = '123456789012.dkr.ecr.eu-central-1.amazonaws.com/ours/api:1';
const asked: string[] = [];
let refused = '';
const server = createServer((request, response) => {
  const call = String(request.headers['x-amz-target']).replace(/^.*\./, '');
  asked.push(call);
  response.writeHead(call === refused ? 400 : 200).end(JSON.stringify({ message: `no ${call}` }));
});
const AWS_ENDPOINT_URL = `http://127.0.0.1:${await listen(server)}`;
afterAll(() => close(server));

describe('pulling an image', () => {
  test.each([
    [image, { AWS_ENDPOINT_URL }, 4],
    ['ghcr.io/acme/api:1', { AWS_ENDPOINT_URL }, 0],
    [image, {}, 0],
  ])('%s with %o asks the cloud %i times', async (name, env, times) => {
    asked.length = 0;
    await mayPull(name, env);
    expect(asked).toHaveLength(times);
  });

  test('that IAM refuses fails in its words', async () => {
    refused = 'BatchGetImage';
    await expect(mayPull(image, { AWS_ENDPOINT_URL })).rejects.toThrow(
      `pull access denied for ${image}: no BatchGetImage`,
    );
  });
});
