import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Case } from '../../bin/cli/steer/cases/case.ts';
import { cases } from '../../bin/cli/steer/cases/index.ts';
import type { Clients } from '../../bin/cli/steer/clients.ts';
import { lines } from '../../bin/cli/steer/screen.ts';
import { situationOf, whoServes } from '../../bin/cli/steer/situation.ts';
import type { OperatorAnswer } from '../../lambda/contract/events.ts';
import { readState } from '../../lambda/contract/records.ts';
import { loadConfig } from '../../lib/config/load.ts';
import { policyOf } from '../../lib/policy.ts';

/** What people read about `status`: the screen in README.md, and all first lines in docs/runbook.md. */

const at = Date.parse('2026-11-03T03:16:21.000Z');
const ago = (seconds: number) => at - seconds * 1000;
const fileAt = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** Four minutes after a failover. */
function example(): OperatorAnswer {
  const config = loadConfig(fileAt('failover.yaml'));
  const [service] = config.services;
  if (!service) throw new Error('failover.yaml: no service');
  const state = readState('api', {
    phase: 'serving',
    epoch: 7,
    since: ago(250),
    decidedAt: ago(251),
    why: 'primary-still-down',
    whySince: ago(250),
    failovers: [ago(250)],
    verifiedAt: ago(20),
  });
  return {
    accepted: true,
    message: '',
    site: 'standby',
    reason: state.why,
    state,
    evidence: {
      upAt: ago(257),
      upSince: ago(90_000),
      downAt: ago(1.6),
      suspectAt: ago(1.6),
      troubleSince: ago(254),
      traffic: { at: ago(2.1), to: 'standby', since: ago(252), standby: 'up', waiting: 0, refused: 0 },
    },
    policy: policyOf(config, service),
    table: '',
    at,
  };
}

const screen = () =>
  ['```', '$ npm run failover -- status', ...lines(situationOf(example())), '```'].join('\n');

const anchor = (heading: string) => `[${heading}](#${heading.toLowerCase().replaceAll(' ', '-')})`;

function row(serving: Clients['serving'], { id, says, means, more, act }: Case): string {
  const { clients, evidence, ...facts } = situationOf(example());
  // Early in an outage, so that what is waited for is still to come.
  const began = ago(11);
  const advice = act({
    ...facts,
    since: began,
    decidedAt: began,
    evidence: { ...evidence, troubleSince: ago(1) },
    clients: { ...clients, serving, since: began },
  });
  const first = `\`${whoServes[serving]}${says === '' ? '' : `; ${says}`}\``;
  return `| ${first} | \`${id}\` | ${means}${more === undefined ? '' : ` ${anchor(more)}`} | ${advice} |`;
}

const table = () =>
  [
    '| the first line | `case` | what it means | the last line, for example |',
    '|---|---|---|---|',
    ...(Object.keys(cases) as Clients['serving'][]).flatMap((serving) =>
      cases[serving].map((one) => row(serving, one)),
    ),
  ].join('\n');

const markers = ['<!-- npm run docs makes this -->', '<!-- end of what npm run docs makes -->'] as const;

/** The file with what is between the markers made anew. @throws Error if there are no markers */
function between(path: string, make: () => readonly string[]): () => string {
  return () => {
    const parts = readFileSync(fileAt(path), 'utf8').split(new RegExp(`(${markers.join('|')})`));
    const made = make();
    if (parts.length !== made.length * 4 + 1) {
      throw new Error(
        `${path}: received ${(parts.length - 1) / 4} parts between "${markers[0]}" and "${markers[1]}", expected ${made.length}`,
      );
    }
    made.forEach((text, index) => {
      parts[index * 4 + 2] = `\n${text}\n`;
    });
    return parts.join('');
  };
}

export const readme = between('README.md', () => [screen()]);
export const runbook = between('docs/runbook.md', () => [screen(), table()]);
