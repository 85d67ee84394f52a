import { describe, expect, it, test } from 'vitest';
import { parseOptions } from '../../../drill/cli/options.ts';

describe('the options of a drill', () => {
  it('have defaults', () => {
    expect(parseOptions([])).toMatchObject({
      help: false,
      hold: false,
      configFile: 'failover.yaml',
      requestsPerSecond: 50,
      list: false,
      scenario: { name: 'api-crash' },
    });
  });

  it('are read', () => {
    expect(parseOptions(['--rate', '500', '--json', 'x.json', '--html', 'x.html', '--hold'])).toMatchObject({
      requestsPerSecond: 500,
      jsonFile: 'x.json',
      htmlFile: 'x.html',
      hold: true,
    });
  });

  test.each(['0', '-1', '1.5', 'many', '2001', ''])('--rate %j is refused', (text) => {
    expect(() => parseOptions([`--rate=${text}`])).toThrow(
      `--rate: received "${text}", expected a whole number from 1 to 2000`,
    );
  });

  it('name a scenario', () => {
    expect(parseOptions(['--scenario', 'site-dark']).scenario.name).toBe('site-dark');
    expect(() => parseOptions(['--scenario', 'meteor'])).toThrow(
      /^--scenario: received "meteor", expected one of api-crash, api-hang, .*host-terminated$/,
    );
  });

  test.each(['--json', '--html'])(
    'refuse a file for %s that could not be written, before the run',
    (option) => {
      expect(() => parseOptions([option, '/nowhere/x'])).toThrow(
        `${option}: received "/nowhere/x", expected the path of a file to write`,
      );
    },
  );

  test.each([['--fast'], ['now'], ['--json']])('%s is refused with the way to the help', (...args) => {
    expect(() => parseOptions(args)).toThrow(/npm start -- --help/);
  });
});
