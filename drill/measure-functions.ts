/**
 * How long a warm invocation of each function takes while the standby sleeps: heartbeats through the stand-in
 * cloud's gateway to the bundles that would be deployed. `npm run cost:measure` prints the medians for
 * lib/cost/measured.ts.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Happening } from './cloud/happenings.ts';
import { startCloud } from './cloud/index.ts';
import { createProcessHost } from './host/docker-command.ts';
import { startMailSink } from './mail.ts';
import { synthesize } from './rehearsed.ts';

const warmUp = 20;
const beats = 200;

const folder = mkdtempSync(join(tmpdir(), 'measure-functions-'));
const ended: Extract<Happening, { kind: 'function-ended' }>[] = [];
let onEnded = () => {};

async function measure(): Promise<void> {
  const { assembly, service } = await synthesize('failover.yaml', folder, { standby: 1, service: 1 });
  const sink = await startMailSink();
  const cloud = await startCloud({
    assembly,
    workDir: folder,
    host: createProcessHost(join(folder, 'host'), {}),
    smtpPort: sink.port,
    onHappening(happening) {
      if (happening.kind !== 'function-ended') return;
      ended.push(happening);
      onEnded();
    },
  });
  try {
    for (let beat = 0; beat < warmUp + beats; beat++) {
      if (beat === warmUp) ended.length = 0;
      // A heartbeat ends with the reconciler that it wakes; a tick in between is measured like any other.
      const both = until((name) => ended.slice(before).some((one) => one.function.includes(name)));
      const before = ended.length;
      const now = Date.now();
      const alert = {
        status: 'firing',
        labels: { alertname: 'PrimaryUp', service: service.name },
        annotations: { observed_at: (now / 1000).toFixed(3) },
        startsAt: new Date(now).toISOString(),
      };
      const response = await fetch(cloud.webhookUrl, {
        method: 'POST',
        headers: { authorization: `Bearer ${cloud.token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ version: '4', alerts: [alert] }),
      });
      if (response.status !== 202)
        throw new Error(`the webhook answered ${response.status}: ${await response.text()}`);
      await both;
    }
  } finally {
    await cloud.stop();
    await sink.stop();
  }
  console.log(`node ${process.version}, ${beats} heartbeats, warm; milliseconds: median, 95th percentile`);
  for (const name of ['receiver', 'reconciler']) {
    const times = ended
      .filter((one) => one.function.toLowerCase().includes(name))
      .map((one) => one.milliseconds)
      .sort((a, b) => a - b);
    const at = (share: number) => times[Math.floor(times.length * share)]?.toFixed(1);
    console.log(`${name}: ${at(0.5)}, ${at(0.95)} (${times.length} invocations)`);
  }
}

function until(isDone: (name: string) => boolean): Promise<void> {
  return new Promise((resolve) => {
    onEnded = () => {
      if (isDone('Receiver') && isDone('Reconciler')) resolve();
    };
  });
}

try {
  await measure();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
