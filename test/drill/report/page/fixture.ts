import type { TimelineEvent } from '../../../../drill/kit/timeline.ts';
import { account, type Execution, type RequestResult } from '../../../../drill/load/account.ts';
import type { ReportData } from '../../../../drill/report/page/report-data.ts';
import type { Check } from '../../../../drill/verify/check.ts';
import { recovery } from '../../../../drill/verify/phases.ts';

/** A run that was not recorded but could have been: 50 requests/s around a crash at zero. */

const start = Date.parse('2026-01-02T03:04:05Z');
/** In seconds since the crash. */
const moments = { from: -3, answered: 1.8, home: 8.4, until: 33 } as const;
const requestsPerSecond = 50;
const methods = ['GET', 'GET', 'GET', 'PUT', 'GET', 'GET', 'GET', 'POST', 'GET', 'GET'] as const;

/** Those of the outage wait for its end, and the first POST of it breaks off. */
function requestAt(number: number): RequestResult {
  const due = moments.from + number / requestsPerSecond;
  const method = methods[number % methods.length] ?? 'GET';
  const away = due >= 0 && due < moments.home;
  const waits = due >= 0 && due < moments.answered;
  const breaksOff = method === 'POST' && due >= 0 && due < 0.2;
  const took = waits ? moments.answered - due : 0.002 + (number % 7) / 1000;
  return {
    requestId: `r-${number}`,
    method,
    start: start + due * 1000,
    end: start + (due + (breaksOff ? 0.03 : took)) * 1000,
    status: breaksOff ? 502 : 200,
    servedBy: breaksOff ? null : away ? 'standby/b' : 'primary/a',
    error: null,
  };
}

export const results: readonly RequestResult[] = Array.from(
  { length: (moments.until - moments.from) * requestsPerSecond },
  (_, number) => requestAt(number),
);

const executions: readonly Execution[] = results
  .filter(({ servedBy }) => servedBy !== null)
  .map(({ requestId, servedBy }) => ({ requestId, site: servedBy?.split('/')[0] ?? '' }));

const told: readonly (readonly [at: number, who: string, what: string, tone?: TimelineEvent['tone']])[] = [
  [-4, 'drill', 'synthesizes the CDK app'],
  [-2.9, 'clients', 'send 50 requests/s: 80 % GET, 10 % PUT, 10 % POST'],
  [0, 'drill', 'the primary is killed (SIGKILL)', 'bad'],
  [0.01, 'haproxy', 'primary is DOWN', 'bad'],
  [0.24, 'alertmanager', 'posts PrimarySuspect firing, evaluated 0.01 s before'],
  [0.28, 'reconciler', 'primary-suspected: home → warming, epoch 0'],
  [0.29, 'ssm', 'takes the command "start", epoch 0'],
  [1.29, 'host', 'runs the script: start'],
  [1.66, 'host', 'failover-api answers on :20823/health', 'good'],
  [1.7, 'haproxy', 'standby is UP', 'good'],
  [1.8, 'clients', 'are answered by the standby', 'good'],
  [5.29, 'reconciler', 'primary-down: warming → serving, epoch 1'],
  [5.65, 'mail', '"[failover] api: the standby serves" to oncall@example.com'],
  [7.65, 'drill', 'the primary is started again'],
  [8.4, 'clients', 'are answered by the primary', 'good'],
  [30.4, 'host', 'failover-api is stopped', 'good'],
];

export const events: readonly TimelineEvent[] = told.map(([at, who, what, tone = 'plain']) => ({
  at: start + at * 1000,
  who,
  what,
  tone,
}));

export const held: Check = { name: 'the primary serves', held: true, observed: 'primary/a' };
export const missed: Check = { name: 'the standby sleeps', held: false, observed: 'its port answers' };

const marks = { detect: 0.01, alert: 0.24, decide: 0.29, dispatch: 1.29, start: 1.7, route: 1.8 };

/** The run of a crash that passed, or with changes another one. */
export function reportData(changes: Partial<ReportData> = {}): ReportData {
  const at = (seconds: number) => start + seconds * 1000;
  const absolute = Object.fromEntries(Object.entries(marks).map(([name, value]) => [name, at(value)]));
  return {
    scenario: { name: 'api-crash', breaks: 'The primary is killed.', expected: 'The standby serves.' },
    start,
    events,
    requestsPerSecond,
    results,
    account: account(results, executions),
    measured: {
      failover: recovery(start, absolute as typeof marks),
      failback: { seconds: 22.75, homeSeconds: 0.75 },
    },
    checks: [held],
    components: [
      { name: 'HAProxy', version: '2.6.12', how: 'unpacked package' },
      { name: 'Docker', version: 'no daemon', how: 'the standby is a plain process' },
    ],
    facts: [
      ['real', 'haproxy 2.6.12;', 'the sample API'],
      ['stood in', 'AWS itself'],
      ['shortened', 'stable 5 s'],
    ],
    ...changes,
  };
}

/** As the clients of a run write it. */
export const without: Pick<ReportData, 'results' | 'account'> = { results: [], account: account([], []) };

/** What nobody should print, and somebody will. */
const hostileText = `</title><script>hacked = true</script><img src="http://example.com/x" onerror='hacked = true'>\u0000\u001b[31m\u202e"&`;

/** A failed run in which every text is hostile. */
export function hostileData(): ReportData {
  const text = hostileText;
  return reportData({
    scenario: { name: text, breaks: text, expected: text },
    events: events.map((event) => ({ ...event, who: text, what: text })),
    measured: undefined,
    checks: [{ name: text, held: false, observed: text }],
    components: [{ name: text, version: text, how: text }],
    facts: [['real', text]],
  });
}
