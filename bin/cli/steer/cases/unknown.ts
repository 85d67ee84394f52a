import { typed } from '../typed.ts';
import { always, type Case, doctor, type } from './case.ts';

const curl = 'Ask the service first: curl -sI http://SITE:8080/ (X-Site says who answers).';
const repairMonitoring = `If it answers, run ${doctor}, which says what is broken there.`;

/** The site has not said who serves, or not recently. */
export const unknown: readonly Case[] = [
  {
    id: 'never-heard',
    when: ({ heardAt }) => heardAt === undefined,
    says: 'the site has never said anything',
    means: 'The control plane is deployed, and the site is not set up.',
    act: () => `Set up the site: "${typed('site init')}", then "docker compose up --detach" in onprem/.`,
  },
  {
    id: 'site-older',
    when: ({ evidence, primary }) => evidence.traffic === undefined && primary !== 'unknown',
    says: 'the monitoring of the site does not say it',
    means: 'The site speaks, but its rules are those of an earlier version. Failovers work as before.',
    act: () => `${curl} By day: bring the site to this version (docs/upgrade.md).`,
  },
  {
    id: 'silent-standby',
    when: ({ inCharge }) => inCharge === 'standby',
    says: 'the standby is in charge, and the site is silent',
    isSilence: true,
    means: 'Nothing is heard from the site, so nobody knows whether HAProxy sends clients to the standby.',
    more: 'Mail site-silent',
    act: () => `${curl} ${repairMonitoring} If it does not, bring the site back: HAProxy is there.`,
  },
  {
    id: 'silent',
    when: always,
    says: 'the site is silent',
    isSilence: true,
    means: 'Nothing is heard from the site: its monitoring is dead or silenced, or its line, or all of it.',
    more: 'Mail site-silent',
    act: (facts) =>
      `${curl} ${repairMonitoring} If it does not, and the primary is lost: ${type('failover', facts)}.`,
  },
];
