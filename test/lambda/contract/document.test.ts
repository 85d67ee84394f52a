import { expect, test } from 'vitest';
import { documentParameters, hostActions, supersededExitCode } from '../../../lambda/contract/document.ts';
import { emptyParameter } from '../../../lambda/contract/names.ts';
import { hostScript } from '../../../lib/host/script.ts';

/** The host's script is in another language: what it must agree on is looked for in its text. */
const lines = hostScript().map((line) => line.trim());

test('the script knows the actions, the exit code and the empty parameter', () => {
  for (const action of hostActions) expect(lines.some((line) => line.startsWith(`${action})`))).toBe(true);
  expect(lines.filter((line) => line === `exit ${supersededExitCode}`)).toHaveLength(1);
  expect(lines.some((line) => line.includes(`= ${emptyParameter} ]]`))).toBe(true);
});

test('parameters are lists of strings', () => {
  expect(
    documentParameters('start', { epoch: 3, serial: 41, inCharge: 'standby', wakeFrom: 1_800_000_000 }),
  ).toEqual({
    action: ['start'],
    epoch: ['3'],
    serial: ['41'],
    inCharge: ['standby'],
    wakeFrom: ['1800000000'],
  });
});
