/**
 * What the fast path costs: size and cold import of each function's bundle against the floor (an empty
 * middy handler with the SDK clients it needs, bundled in the same way), and a warm decision. Imports are
 * measured in fresh processes, floor and bundle in turn. `npm run bench:functions`
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decide } from '../../lambda/domain/decide.ts';
import { initialState } from '../../lambda/domain/state.ts';
import { loadConfig } from '../../lib/config/load.ts';
import { buildBundle } from '../../lib/constructs/bundle.ts';
import { policyOf } from '../../lib/policy.ts';
import { spread } from './rows.ts';

const runs = 25;
/** A cold import of the receiver may cost this much of the floor's. */
const receiverLimit = 1.3;
const functions = ['receiver', 'reconciler'] as const;

const environment = {
  ...process.env,
  AWS_REGION: 'eu-central-1',
  TABLE_NAME: 'table',
  TOPIC_ARN: 'topic',
  RECONCILER_NAME: 'reconciler',
  TOKEN_SECRET_ARN: 'secret',
};

const folder = mkdtempSync(join(tmpdir(), 'bench-functions-'));

function bench(): boolean {
  const probe = join(folder, 'probe.mjs');
  writeFileSync(
    probe,
    'const t = performance.now(); await import(process.argv[2]); console.log(performance.now() - t);',
  );
  console.log(`node ${process.version}, median of ${runs} cold imports each, interleaved\n`);
  console.log('| function | entry | with all on demand | cold import | floor | ratio |');
  console.log('|---|---|---|---|---|---|');
  let held = true;
  for (const name of functions) {
    const bundle = build(`lambda/${name}/handler.ts`, name);
    const floor = build(`drill/bench/floor/${name}.ts`, `${name}-floor`);
    const times = { bundle: [] as number[], floor: [] as number[] };
    for (let run = 0; run < runs; run++) {
      times.floor.push(coldImport(probe, floor, name));
      times.bundle.push(coldImport(probe, bundle, name));
    }
    const [own, least] = [spread(times.bundle).median, spread(times.floor).median];
    const ratio = own / least;
    if (name === 'receiver' && ratio > receiverLimit) held = false;
    console.log(
      `| ${name} | ${kilobytes(statSync(join(bundle, 'index.mjs')).size)} | ${kilobytes(sizeOf(bundle))} | ${own.toFixed(1)} ms | ${least.toFixed(1)} ms | ${ratio.toFixed(2)} |`,
    );
  }
  console.log(`\nA warm decision takes ${(decisionSeconds() * 1e6).toFixed(2)} µs.`);
  console.log(`The receiver's cold import is ${held ? 'within' : 'above'} ${receiverLimit} × the floor.`);
  return held;
}

function build(entry: string, name: string): string {
  const outdir = join(folder, name);
  buildBundle(entry, outdir);
  return outdir;
}

const servicesOf = { receiver: '{"heartbeatTimeoutSeconds":15,"names":[]}', reconciler: '[]' } as const;

function coldImport(probe: string, bundle: string, name: (typeof functions)[number]): number {
  const env = { ...environment, SERVICES: servicesOf[name] };
  const output = execFileSync(process.execPath, [probe, join(bundle, 'index.mjs')], { env });
  return Number(output.toString());
}

const sizeOf = (bundle: string) =>
  readdirSync(bundle).reduce((sum, file) => sum + statSync(join(bundle, file)).size, 0);

const kilobytes = (bytes: number) => `${Math.round(bytes / 1024)} KB`;

/** Seconds for one decision on the way to a failover. */
function decisionSeconds(): number {
  const config = loadConfig('failover.yaml');
  const [service] = config.services;
  if (!service) throw new Error('failover.yaml has no service');
  const policy = policyOf(config, service);
  const now = Date.now();
  const evidence = { suspectAt: now - 100, troubleSince: now - 100, upAt: now - 600, upSince: now - 1e7 };
  const state = initialState('api');
  const times = 200_000;
  const start = performance.now();
  let effects = 0;
  for (let i = 0; i < times; i++) effects += decide(state, { evidence }, policy, now).effects.length;
  if (effects !== 2 * times)
    throw new Error(`the decision measured is not the one meant: ${effects} effects`);
  return (performance.now() - start) / 1000 / times;
}

try {
  process.exitCode = bench() ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true });
}
