import { expect, test } from 'vitest';
import { createTimeline, formatEvent } from '../../../drill/kit/timeline.ts';

function recorded(isTTY: boolean, env: NodeJS.ProcessEnv = {}) {
  const lines: string[] = [];
  const timeline = createTimeline({ isTTY, write: (text: string) => lines.push(text) }, env);
  return { lines, timeline };
}

test('lines have steady columns, and the clock counts from the restart', () => {
  const { lines, timeline } = recorded(false);
  timeline.add('drill', 'ready', { at: 9_000 });
  timeline.restart(10_000);
  timeline.add('haproxy', 'primary is down', { at: 10_480, tone: 'bad' });
  timeline.add('alertmanager', 'posts', { at: 132_000 });
  expect(lines).toEqual([
    '+   0.00 s  drill          ready\n',
    '+   0.48 s  haproxy        primary is down\n',
    '+ 122.00 s  alertmanager   posts\n',
  ]);
  expect(timeline.events.map(({ who }) => who)).toEqual(['drill', 'haproxy', 'alertmanager']);
  expect(timeline.start).toBe(10_000);
});

test('what comes before the restart has a negative time', () => {
  expect(formatEvent({ at: 8_500, who: 'drill', what: 'a' }, 10_000)).toBe('-   1.50 s  drill          a');
});

test('control characters cannot break the terminal', () => {
  expect(formatEvent({ at: 0, who: 'mail', what: 'a\n\x1b[31mb' }, 0)).toBe(
    '+   0.00 s  mail           a [31mb',
  );
});

test.each<[boolean, NodeJS.ProcessEnv, boolean]>([
  [true, {}, true],
  [false, {}, false],
  [true, { NO_COLOR: '1' }, false],
  [true, { NO_COLOR: '' }, true],
])('terminal %s with %o: colours %s', (isTTY, env, coloured) => {
  const { lines, timeline } = recorded(isTTY, env);
  timeline.add('drill', 'done', { tone: 'good' });
  expect(lines.join('').includes('\x1b[32m')).toBe(coloured);
});
