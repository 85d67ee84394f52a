import { DrillError } from '../kit/errors.ts';
import type { Processes } from '../kit/processes.ts';
import type { Timeline } from '../kit/timeline.ts';
import type { Stage } from '../stage/stage.ts';
import { type Controls, findHeldDrill, startControl } from './control.ts';
import { controlFile, operatorEnvFile } from './held-files.ts';
import { writeOperatorEnv } from './operator-env.ts';

/** One can be steered at a time: its address is in a file of this user. @throws DrillError if there is one already */
export function refuseSecondHold(): void {
  const held = findHeldDrill(controlFile());
  if (held)
    throw new DrillError(
      `--hold: a drill is held already (process ${held.pid}); end it with Ctrl-C, or steer that one`,
    );
}

/** Leaves everything up, says where it is and how to break it, and never returns. */
export async function hold(
  stage: Stage,
  processes: Processes,
  timeline: Timeline,
  print: (line: string) => void,
): Promise<never> {
  const control = await startControl(controlsOf(stage, timeline), controlFile());
  processes.onCleanup('control', control.stop);
  const { site, cloud } = stage;
  const variables = { ...cloud.operatorEnvironment, FAILOVER_CONFIG: stage.rehearsed.configFile };
  const removeEnv = writeOperatorEnv(operatorEnvFile(), variables);
  processes.onCleanup('operator', async () => removeEnv());
  const lines = [
    '',
    'Everything is up. Addresses:',
    `  service        ${site.serviceUrl}`,
    `  HAProxy        ${site.statsUrl}`,
    `  Prometheus     ${site.prometheusUrl}`,
    `  Alertmanager   ${site.alertmanagerUrl}`,
    `  webhook        ${cloud.webhookUrl}`,
    'Break it, from another terminal in this folder:',
    '  npm run simulate:down      kills the primary; npm run simulate:up starts it again',
    `  kill -STOP ${site.primary().pid}          hangs the primary; kill -CONT lets it go on`,
    `  curl -i ${site.serviceUrl}      says in X-Served-By who answers`,
    'Steer it, from another terminal in this folder:',
    `  . ${operatorEnvFile()}      from then on "failover" means this drill, in that terminal`,
    '  npm run failover -- status --watch      says who serves, why, and what comes next; --help has the rest',
    'Ctrl-C ends everything.',
    '',
  ];
  for (const line of lines) print(line);
  return new Promise<never>(() => {});
}

function controlsOf({ site, cloud, state }: Stage, timeline: Timeline): Controls {
  const running = () => {
    const primary = site.primary();
    if (!primary.isRunning())
      throw new DrillError('the primary is down already; npm run simulate:up starts it');
    return primary;
  };
  return {
    async down() {
      const primary = running();
      timeline.add('drill', 'the primary is killed (SIGKILL)', { tone: 'bad' });
      primary.signal('SIGKILL');
      await primary.exited;
    },
    async up() {
      await site.startPrimary();
      timeline.add('drill', 'the primary is started again');
    },
    async hang() {
      running().signal('SIGSTOP');
      timeline.add('drill', 'the primary is frozen (SIGSTOP)', { tone: 'bad' });
    },
    async resume() {
      running().signal('SIGCONT');
      timeline.add('drill', 'the primary goes on (SIGCONT)');
    },
    async state() {
      return {
        url: site.serviceUrl,
        webhook: cloud.webhookUrl,
        primaryRuns: site.primary().isRunning(),
        ...(await state()),
      };
    },
  };
}
