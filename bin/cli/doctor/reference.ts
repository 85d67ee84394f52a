import { checks } from './checks/index.ts';
import { limitSeconds } from './run.ts';

/** docs/doctor.md, from the checks themselves. `npm run docs` writes it; a test fails on drift. */
export function markdown(): string {
  return [
    '# failover doctor',
    '',
    'Looks at the whole chain from the site, from its files to the mail that people get: `npm run failover -- doctor`. Nothing is changed by it. `--no-cloud` leaves AWS out, and without credentials it is left out too; `--json` prints one document. Exit code 0: nothing failed; 1: something did; 2: called wrongly.',
    '',
    `Each check is \`ok\`, \`failed\` with what to do, or \`skipped\` with why nobody could look. None waits for another, and each has ${limitSeconds} seconds.`,
    '',
    'Generated from `bin/cli/doctor/checks` by `npm run docs`.',
    '',
    '| check | looks whether | if it fails |',
    '|---|---|---|',
    ...checks.map(
      ({ name, whether, remedies }) =>
        `| \`${name}\` | ${whether} | ${[...new Set(Object.values(remedies))].join('<br>')} |`,
    ),
    '',
  ].join('\n');
}
