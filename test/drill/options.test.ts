import { describe, expect, it, test } from 'vitest';
import { parseOptions } from '../../drill/options.ts';

describe('the options of a drill', () => {
  it('have defaults', () => {
    expect(parseOptions([])).toMatchObject({
      help: false,
      hold: false,
      configFile: 'failover.yaml',
      requestsPerSecond: 50,
    });
  });

  it('are read', () => {
    expect(parseOptions(['--rate', '500', '--json', 'x.json', '--hold'])).toMatchObject({
      requestsPerSecond: 500,
      jsonFile: 'x.json',
      hold: true,
    });
  });

  test.each(['0', '-1', '1.5', 'many', '2001', ''])('--rate %j is refused', (text) => {
    expect(() => parseOptions([`--rate=${text}`])).toThrow(
      `--rate: received "${text}", expected a whole number from 1 to 2000`,
    );
  });

  it('refuse a result file that could not be written, before anything is started', () => {
    expect(() => parseOptions(['--json', '/nowhere/x.json'])).toThrow(
      '--json: received "/nowhere/x.json", expected the path of a file to write',
    );
  });

  test.each([['--fast'], ['now'], ['--json']])('%s is refused with the way to the help', (...args) => {
    expect(() => parseOptions(args)).toThrow(/npm start -- --help/);
  });
});
