import { DEFAULT_LATENCIES } from '../cloud/latencies.ts';
import { siteParts } from '../parts/of-drill.ts';
import type { Stage } from '../stage/stage.ts';

/** A label, and what there is to say of it, line by line. */
export type Fact = readonly [label: 'real' | 'stood in' | 'shortened', ...lines: string[]];

/** What is real in this drill, what is stood in for, and what was changed for it: in plain words. */
export function factsOf({ parts, docker, latencies, rehearsed }: Stage): Fact[] {
  const named = ([...siteParts, 'stunnel'] as const).map(
    (name) => `${name} ${parts[name].version}${from[parts[name].source]}`,
  );
  const { stableSeconds, cooldownSeconds, drainSeconds } = rehearsed.config.policy;
  const isUsual = latencies.dispatchSeconds === DEFAULT_LATENCIES.dispatchSeconds;
  const asInProduction = isUsual ? 'detection and dispatch are' : 'detection is';
  return [
    [
      'real',
      `${named.join(', ')};`,
      `the Lambda bundles, roles' wiring, event rules, schedule and SSM document that CDK deploys;`,
      `the sample API${docker ? `, the standby in Docker ${docker.version}` : ''}; e-mail over SMTP`,
    ],
    [
      'stood in',
      `AWS itself: API Gateway, Lambda, DynamoDB, SSM, EventBridge, EC2, SNS, Secrets Manager`,
      `(dispatch to the host takes ${latencies.dispatchSeconds} s, an event ${latencies.eventSeconds} s); the mail server`,
      ...(docker ? [] : ['Docker: no daemon can be reached, so the standby runs as a plain process']),
    ],
    [
      'shortened',
      `stable ${stableSeconds} s, cooldown ${cooldownSeconds} s, drain ${drainSeconds} s; ${asInProduction} production's`,
    ],
  ];
}

/** As a terminal shows it. */
export function describeStage(stage: Stage): string[] {
  return factsOf(stage).flatMap(([label, ...lines]) =>
    lines.map((line, index) => `${(index === 0 ? label : '').padEnd(12)}${line}`),
  );
}

const from = { docker: ' (image)', path: '', package: ' (unpacked package)' } as const;
