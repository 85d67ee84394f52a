import { DurationSeconds, PercentUnit, Seconds } from '@grafana/grafana-foundation-sdk/units';
import { curves, figures, type Row } from './panels.ts';
import { sinceStart } from './series.ts';

export const outage = (): Row => ({
  title: 'The last outage',
  panels: [
    figures({
      title: 'PrimaryDown fires for',
      says: 'How long the primary has been down for certain: the lease that Alertmanager renews at the webhook. Zero on a good day. Not zero while the primary serves: Prometheus and HAProxy disagree.',
      // Of no alert there is no series: zero has to be said.
      queries: [
        {
          expr: 'max(time() - ALERTS_FOR_STATE{alertname="PrimaryDown"}) or vector(0)',
        },
      ],
      width: 5,
      unit: DurationSeconds,
      levels: ['green', [1, 'red']],
    }),
    figures({
      title: 'From the first bad sign until …',
      says: 'What the site can see of the last outage: PrimaryDown fired, the standby answered its health path, the standby answered the first client. Each counts from the last moment at which the primary was well, and is right to half a second. A step that is missing did not happen: a blip ends before the standby serves. A long second step: look at the command in Systems Manager, Run Command.',
      queries: [
        { expr: sinceStart('alert'), legend: 'the alert' },
        { expr: sinceStart('standby_up'), legend: 'the standby is up' },
        { expr: sinceStart('served'), legend: 'the first answer' },
      ],
      width: 9,
      unit: Seconds,
      without: 'none',
    }),
    figures({
      title: 'Recovery, of the RTO',
      says: 'How much of the RTO the last outage used up, until the first answer of the standby. The RTO is at the top of the page: 4 s unless you change it, the target for a crash and a warm host. Red: it was missed. No value: no outage that reached the standby since Prometheus was started.',
      queries: [{ expr: `${sinceStart('served')} / $rto` }],
      width: 4,
      unit: PercentUnit,
      levels: ['green', [0.8, 'yellow'], [1, 'red']],
      without: 'none',
    }),
    curves({
      title: 'Recovery and RTO',
      says: 'The recovery of the last outage as it stood at each time; it changes with every outage that reached the standby. Choose a longer range to compare them. Worry about a step above the line.',
      queries: [
        { expr: sinceStart('served'), legend: 'recovery' },
        { expr: 'vector($rto)', legend: 'RTO' },
      ],
      width: 6,
      unit: Seconds,
    }).height(5),
  ],
});
