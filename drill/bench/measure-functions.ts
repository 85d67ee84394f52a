/**
 * How long a warm invocation of each function takes while the standby sleeps: heartbeats through the stand-in
 * cloud's gateway to the bundles that would be deployed. `npm run cost:measure` prints the medians for
 * lib/cost/measured.ts.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Happening } from '../cloud/happenings.ts';
import { type Cloud, startCloud } from '../cloud/index.ts';
import { createProcessHost } from '../host/docker-command.ts';
import { startMailSink } from '../kit/mail-sink.ts';
import { synthesize } from '../stage/rehearsed.ts';

const warmUp = 20;
const beats = 200;
const functions = ['Receiver', 'Reconciler'] as const;

type Ended = Extract<Happening, { kind: 'function-ended' }>;
let ended: Ended[] = [];
let onEnded = () => {};

const isOf = (name: string) => (one: Ended) => one.function.includes(name);

async function measure(folder: string): Promise<void> {
  const { assembly, service } = await synthesize('failover.yaml', folder, {
    standby: 1,
    service: 2,
    loopback: 3,
    public: 4,
    line: 5,
  });
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
    for (let beat = 0; beat < warmUp; beat++) await heartbeat(cloud, service.name);
    ended = [];
    for (let beat = 0; beat < beats; beat++) await heartbeat(cloud, service.name);
  } finally {
    await cloud.stop();
    await sink.stop();
  }
}

/** Ends with the reconciler that it wakes. */
async function heartbeat(cloud: Cloud, service: string): Promise<void> {
  const before = ended.length;
  const done = new Promise<void>((resolve) => {
    onEnded = () => {
      if (functions.every((name) => ended.slice(before).some(isOf(name)))) resolve();
    };
  });
  const now = Date.now();
  const alert = {
    status: 'firing',
    labels: { alertname: 'PrimaryUp', service },
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
  await done;
}

function report(): void {
  console.log(`node ${process.version}, ${beats} heartbeats, warm; milliseconds: median, 95th percentile`);
  for (const name of functions) {
    const times = ended.filter(isOf(name)).map(({ milliseconds }) => milliseconds);
    times.sort((a, b) => a - b);
    const at = (share: number) => times[Math.floor(times.length * share)]?.toFixed(1);
    console.log(`${name.toLowerCase()}: ${at(0.5)}, ${at(0.95)} (${times.length} invocations)`);
  }
}

const folder = mkdtempSync(join(tmpdir(), 'measure-functions-'));
try {
  await measure(folder);
  report();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
