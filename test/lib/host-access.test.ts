import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../../lib/config/load.ts';
import type { Config } from '../../lib/config/schema.ts';
import { hostScript } from '../../lib/host/script.ts';
import { configOf, documentsIn, ofType, resourcesOf } from './templates.ts';

const folder = mkdtempSync(join(tmpdir(), 'host-access-'));
afterAll(() => rmSync(folder, { recursive: true }));

const config = configOf('docs/examples/several-services.yaml');
const scripts = (given: Config) =>
  ofType(resourcesOf(given), 'AWS::SSM::Document').map((document) => JSON.stringify(document));
const [shop = '', search = ''] = scripts(config);

describe('the secrets of a service', () => {
  test('are named in its document, and in no other', () => {
    expect(shop).toContain(
      "SECRETS=('DATABASE_URL=arn:aws:secretsmanager:us-east-2:123456789012:secret:shop/database-url-AbCdEf'",
    );
    expect(search).toContain('SECRETS=()');
  });

  test('are what the host may read, and nothing else of the kind', () => {
    const statements = [...resourcesOf(config)]
      .filter(([name]) => name.startsWith('StandbyStack/'))
      .flatMap(([, { Properties }]) => documentsIn(Properties).flat());
    const allowed = (action: string) =>
      statements
        .filter(({ Action }) => [Action].flat().includes(action))
        .flatMap(({ Resource }) => [Resource].flat());
    expect(allowed('secretsmanager:GetSecretValue')).toEqual([
      'arn:aws:secretsmanager:us-east-2:123456789012:secret:shop/database-url-AbCdEf',
    ]);
    expect(allowed('kms:Decrypt')).toEqual([
      'arn:aws:kms:us-east-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    ]);
  });
});

describe('the container', () => {
  test('gains no privileges and has limits, whatever is configured', () => {
    expect(shop).toContain("'--security-opt' 'no-new-privileges' '--pids-limit' '4096' '--tmpfs' '/tmp'");
    expect(shop).toContain('"MEMORY=512m"');
    expect(search).toContain('"MEMORY="');
    expect(search).toContain(
      "CREATE_ARGS=('--security-opt' 'no-new-privileges' '--pids-limit' '4096' '--env'",
    );
  });

  test('runs what is configured, as whom, and on which folders of the host', () => {
    const [first, ...rest] = config.services;
    if (!first) throw new Error('no service');
    const container = {
      ...first.container,
      command: ['node', "it's.js"],
      user: '1000:1000',
      volumes: ['/srv/x:/x:ro'],
      newPrivileges: true,
    };
    const [changed = ''] = scripts({ ...config, services: [{ ...first, container }, ...rest] });
    const text = JSON.parse(changed)
      .Content.mainSteps[0].inputs.runCommand.map((line: unknown) => (typeof line === 'string' ? line : ''))
      .join('\n');
    expect(text).toContain(`COMMAND=('node' 'it'\\''s.js')`);
    expect(text).toContain("'--user' '1000:1000' '--volume' '/srv/x:/x:ro'");
    expect(text).not.toContain('no-new-privileges');
  });
});

describe('hooks', () => {
  const load = (files: Readonly<Record<string, string>>) => {
    const hooks = join(folder, 'hooks');
    rmSync(hooks, { recursive: true, force: true });
    mkdirSync(hooks);
    for (const [name, content] of Object.entries(files)) writeFileSync(join(hooks, name), content);
    const file = join(folder, 'failover.yaml');
    writeFileSync(
      file,
      'region: eu-central-1\nemails: [a@example.com]\nstandby: { instanceId: i-0123456789abcdef0 }\nservices:\n  - { name: api, image: "acme/api:1", hooks: hooks }\n',
    );
    return loadConfig(file);
  };

  test('travel in the document', () => {
    const [document = ''] = scripts(load({ 'before-start': '#!/bin/sh\necho hi\n' }));
    expect(document).toContain(
      `HOOKS=('before-start=${Buffer.from('#!/bin/sh\necho hi\n').toString('base64')}')`,
    );
  });

  test.each<[string, Readonly<Record<string, string>>, RegExp]>([
    [
      'an empty folder',
      {},
      /services\.api\.hooks: received an empty folder, .*, expected some of before-start/,
    ],
    [
      'another name',
      { 'pre-start': '#!/bin/sh' },
      /received the file "pre-start", expected only before-start/,
    ],
    ['no interpreter', { 'after-stop': 'echo' }, /received "after-stop" without "#!"/],
    [
      'too much',
      { 'after-stop': `#!/bin/sh\n${'#'.repeat(6000)}` },
      /received 6010 bytes in all, expected at most 6000/,
    ],
  ])('%s is refused', (_, files, message) => {
    expect(() => load(files)).toThrow(message);
  });

  test('the largest hooks and the largest environment fit into a document of Systems Manager', () => {
    const given = load({ 'before-start': `#!/bin/sh\n${'#'.repeat(5990)}` });
    const [service] = given.services;
    if (!service) throw new Error('no service');
    const environment = { A: 'x'.repeat(15_900) };
    const [document = ''] = scripts({ ...given, services: [{ ...service, environment }] });
    // "Quotas" of Systems Manager: 64 KB.
    const whole = [JSON.parse(document).Content, hostScript().join('\n')];
    expect(Buffer.byteLength(JSON.stringify(whole))).toBeLessThan(65_536);
  });
});
