import { describe, expect, test } from 'vitest';
import { parseOptions } from '../../../drill/bench/options.ts';

describe('the options of the benchmark', () => {
  test('have defaults', () => {
    expect(parseOptions([])).toEqual({
      help: false,
      runs: 20,
      requestsPerSecond: 500,
      delayMs: 25,
      fault: undefined,
      config: undefined,
      jsonFile: undefined,
      docs: false,
    });
  });

  test('are read', () => {
    const args = '--runs 3 --rate 50 --rtt 0 --fault clean-stop --config hot --json x.json --docs'.split(' ');
    expect(parseOptions(args)).toEqual({
      help: false,
      runs: 3,
      requestsPerSecond: 50,
      delayMs: 0,
      fault: 'clean-stop',
      config: 'hot',
      jsonFile: 'x.json',
      docs: true,
    });
  });

  test.each([
    [['--runs', '0'], '--runs: received "0", expected a whole number from 1 to 100'],
    [['--runs', '1e1'], '--runs: received "1e1", expected a whole number from 1 to 100'],
    [['--runs='], '--runs: received "", expected a whole number from 1 to 100'],
    [['--rate', '2001'], '--rate: received "2001", expected a whole number from 1 to 2000'],
    [['--rtt', '501'], '--rtt: received "501", expected a whole number of milliseconds from 0 to 500'],
    [['--fault', 'fire'], '--fault: received "fire", expected one of sigkill, sigstop, health-500'],
    [['--fault='], '--fault: received "", expected one of sigkill'],
    [['--config', 'cold'], '--config: received "cold", expected one of this, frozen'],
    [
      ['--config', 'hot', '--fault', 'blip'],
      '--fault: received "blip", but --config hot is measured with sigkill',
    ],
    [['--json='], '--json: received "", expected the path of a file to write'],
    [['--json', '/nowhere/x.json'], '--json: received "/nowhere/x.json", expected the path of a file'],
    [['--fast'], 'npm run bench -- --help'],
    [['now'], 'npm run bench -- --help'],
  ])('%j is refused in one line', (args, line) => {
    expect(() => parseOptions(args)).toThrow(line);
  });
});
