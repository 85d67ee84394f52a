import { messageOf } from '../../errors.ts';
import { type Answer, request } from '../../http.ts';
import { CannotLook } from '../cannot-look.ts';
import { type Check, check } from '../check.ts';
import { type Examined, pageUrl } from '../examined.ts';

const page = (examined: Examined) => pageUrl(examined, 'STATS_BIND', '127.0.0.1:8404');
/** The statistics as CSV: the URI of the page with ";csv" (HAProxy's management guide, 9.1). */
const ask = (examined: Examined) => request(`${page(examined)}/;csv`, { signal: examined.signal });

export const haproxyChecks: readonly Check[] = [
  check('haproxy', {
    whether: 'HAProxy runs and shows its statistics',
    remedies: {
      down: 'Start it ("docker compose up --detach haproxy"); if it ends at once, "docker compose logs haproxy" says why.',
      other: 'Look at what is bound there, and give HAProxy another address with STATS_BIND.',
    },
    async run(examined, fail) {
      const answer = await ask(examined).catch((error) =>
        fail('down', `HAProxy does not answer at ${page(examined)} (${messageOf(error)})`),
      );
      if (!answer.body.startsWith('# pxname')) {
        fail(
          'other',
          `what answers at ${page(examined)} is not HAProxy's statistics page (${answer.status})`,
        );
      }
      return `answers at ${page(examined)}`;
    },
  }),

  check('primary', {
    whether: 'HAProxy knows the primary and the standby, and the primary is up',
    remedies: {
      unknown: 'Compare onprem/haproxy/haproxy.cfg with the one that was shipped.',
      unused:
        'Run "npm run failover -- site init", and then: docker compose up --detach --force-recreate haproxy.',
      down: 'Look at the primary ("docker compose logs api") and at HEALTH_PATH and PORT in .env; HAProxy asks exactly that path.',
    },
    async run(examined, fail) {
      const servers = statesOf(
        await ask(examined).catch(() => {
          throw new CannotLook('HAProxy does not answer; see haproxy');
        }),
      );
      const missing = ['primary', 'standby'].filter((name) => !servers.has(name));
      if (missing.length > 0)
        fail('unknown', `HAProxy has no server ${missing.join(' and ')} in its backend "service"`);
      const { status = '', check: last = '' } = servers.get('primary') ?? {};
      // "UP 1/3" is on its way down, and "no check" says nothing.
      if (status !== 'UP') fail('down', `HAProxy says the primary is ${status}${last && ` (${last})`}`);
      const standby = servers.get('standby')?.status ?? '';
      // Without certificates it is there, and switched off.
      if (standby.startsWith('MAINT'))
        fail('unused', 'HAProxy does not use the standby: it has no certificates for it');
      return `up; the standby is ${standby}`;
    },
  }),
];

type Server = { readonly status: string; readonly check: string };

function statesOf({ body }: Answer): ReadonlyMap<string, Server> {
  const [head = '', ...rows] = body.trim().split('\n');
  const columns = head.replace(/^# /, '').split(',');
  const cell = (row: readonly string[], name: string) => row[columns.indexOf(name)] ?? '';
  return new Map(
    rows
      .map((row) => row.split(','))
      .filter((row) => cell(row, 'pxname') === 'service')
      .map((row) => [
        cell(row, 'svname'),
        {
          status: cell(row, 'status'),
          check: [cell(row, 'check_status'), cell(row, 'check_code')].filter(Boolean).join(' '),
        },
      ]),
  );
}
