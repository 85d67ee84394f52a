import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, test } from 'vitest';
import { ConfigError, loadConfig } from '../../../lib/config/load.ts';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

/** The first line of each file says what the error must contain. */
describe('a mistake gives one clear line', () => {
  test.each(readdirSync(path('./invalid')))('%s', (name) => {
    const file = path(`./invalid/${name}`);
    const expected = /^# error: (.*)$/m.exec(readFileSync(file, 'utf8'))?.[1] ?? 'no expectation in the file';
    const error = errorOf(() => loadConfig(file));
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message.startsWith(`${file}: `)).toBe(true);
    expect(error.message).toContain(expected);
    expect(error.message.split('\n')).toHaveLength(1);
  });

  it('a file that is not there', () => {
    expect(errorOf(() => loadConfig('/nowhere.yaml')).message).toMatch(
      /^\/nowhere.yaml: cannot be read \(ENOENT/,
    );
  });
});

describe('the files we ship', () => {
  test.each([
    '../../../failover.yaml',
    ...readdirSync(path('../../../docs/examples')).map((name) => `../../../docs/examples/${name}`),
  ])('%s is valid', (file) => {
    expect(loadConfig(path(file)).services.length).toBeGreaterThan(0);
  });

  it('defaults are filled in', () => {
    expect(loadConfig(path('../../../docs/examples/own-instance.yaml'))).toMatchObject({
      name: 'hybrid-failover',
      policy: {
        leaseSeconds: 30,
        heartbeatTimeoutSeconds: 45,
        stableSeconds: 60,
        cooldownSeconds: 300,
        drainSeconds: 30,
      },
      services: [{ startTimeoutSeconds: 60, stopGraceSeconds: 20, environment: {} }],
    });
  });
});

function errorOf(run: () => unknown): Error {
  try {
    run();
  } catch (error) {
    return error as Error;
  }
  throw new Error('expected an error, received none');
}
