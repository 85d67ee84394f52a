import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DrillError } from '../kit/errors.ts';
import type { Processes } from '../kit/processes.ts';
import type { Timeline } from '../kit/timeline.ts';
import type { Stage } from '../stage/stage.ts';
import { actions, type Controls, findHeldDrill, startControl } from './control.ts';
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
  const variables = {
    ...writeBundle(site),
    ...cloud.operatorEnvironment,
    FAILOVER_CONFIG: stage.rehearsed.configFile,
    // So that a command in that terminal can say when the drill has ended.
    FAILOVER_DRILL: String(process.pid),
  };
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
    ...Object.entries(actions).map(([name, does]) => `  npm run simulate:${name.padEnd(17)}${does}`),
    `  curl -i ${site.serviceUrl}      says in X-Site who answers`,
    'Steer it, from another terminal in this folder:',
    `  . ${operatorEnvFile()}      from then on, all in that terminal is about this drill`,
    '  npm run failover -- status --watch      says who serves, why, and what to do; --help has the rest',
    '  failover status --watch                 the same, shorter: that file defines it',
    'Ctrl-C ends everything.',
    '',
  ];
  for (const line of lines) print(line);
  return new Promise<never>(() => {});
}

/**
 * Writes the variables of the site into a .env, as `onprem/` has them, so that the doctor can examine it.
 * @returns where it is, as the command line is told
 */
function writeBundle({ bundle }: Stage['site']): Readonly<Record<string, string>> {
  if (!bundle) return {};
  const { folder, environment } = bundle;
  const own = {
    COMPOSE_PROJECT_NAME: 'held-drill',
    SITE_USER: `${process.getuid?.()}:${process.getgid?.()}`,
  };
  const lines = Object.entries({ ...environment, ...own }).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(join(folder, '.env'), lines.join(''), { mode: 0o600 });
  return { FAILOVER_DIR: folder };
}

function controlsOf({ site, cloud, state }: Stage, timeline: Timeline): Controls {
  const running = () => {
    const primary = site.primary();
    if (!primary.isRunning())
      throw new DrillError('the primary is down already; npm run simulate:up starts it');
    return primary;
  };
  let hangs = false;
  return {
    async down() {
      const primary = running();
      hangs = false;
      timeline.add('drill', 'the primary is killed (SIGKILL)', { tone: 'bad' });
      primary.signal('SIGKILL');
      await primary.exited;
    },
    async up() {
      if (hangs) throw new DrillError('the primary hangs; npm run simulate:resume lets it go on');
      await site.startPrimary();
      timeline.add('drill', 'the primary is started again');
    },
    async hang() {
      running().signal('SIGSTOP');
      hangs = true;
      timeline.add('drill', 'the primary is frozen (SIGSTOP)', { tone: 'bad' });
    },
    async resume() {
      running().signal('SIGCONT');
      hangs = false;
      timeline.add('drill', 'the primary goes on (SIGCONT)');
    },
    async 'prometheus-down'() {
      timeline.add('drill', 'Prometheus is killed (SIGKILL)', { tone: 'bad' });
      await site.kill('prometheus');
    },
    async 'prometheus-up'() {
      await site.start('prometheus');
      timeline.add('drill', 'Prometheus is started again');
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
