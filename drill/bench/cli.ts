/**
 * How long the command line takes: its help, and `status` against a stand-in cloud, each as a process of its own, in
 * turns with an empty Node. `npm run bench:cli`
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readArguments } from '../kit/arguments.ts';
import { type ProgramTools, runProgram } from '../kit/program.ts';
import { setStage } from '../stage/stage.ts';
import { createWatch } from '../stage/watch.ts';
import { spread } from './rows.ts';

const runs = 15;
/** Milliseconds. */
const limits = { help: 300, status: 1000 } as const;

async function bench(_: object, { processes, timeline, workDir }: ProgramTools): Promise<number> {
  const { cloud, rehearsed } = await setStage(
    { configFile: 'failover.yaml', workDir },
    processes,
    timeline,
    createWatch(timeline),
  );
  const env = {
    ...process.env,
    ...cloud.operatorEnvironment,
    FAILOVER_CONFIG: rehearsed.configFile,
    // As `npm run failover` sets it: taking the types away anew each time takes longer than the rest of the help.
    NODE_COMPILE_CACHE: 'node_modules/.cache/failover',
  };
  return (await measure(env)) ? 0 : 1;
}

const commands = {
  'empty Node': ['--eval', '0'],
  help: ['bin/failover.ts', '--help'],
  status: ['bin/failover.ts', 'status'],
} as const satisfies Record<string, readonly string[]>;

type Name = keyof typeof commands;
const names = Object.keys(commands) as Name[];

async function measure(env: NodeJS.ProcessEnv): Promise<boolean> {
  const times: Record<Name, number[]> = { 'empty Node': [], help: [], status: [] };
  // What has never run is compiled first, once.
  for (const name of names) await take(commands[name], env);
  for (let run = 0; run < runs; run++) {
    for (const name of names) times[name].push(await take(commands[name], env));
  }
  console.log(`\nnode ${process.version}, ${runs} runs each, in turns\n`);
  console.log('| command | median | worst |');
  console.log('|---|---|---|');
  for (const name of names) {
    const { median, worst } = spread(times[name]);
    console.log(`| ${name} | ${median.toFixed(0)} ms | ${worst.toFixed(0)} ms |`);
  }
  const held = spread(times.help).median < limits.help && spread(times.status).median < limits.status;
  console.log(
    `\n${held ? 'Within' : 'ABOVE'} the limits: help ${limits.help} ms, status ${limits.status} ms (medians).`,
  );
  return held;
}

/** Milliseconds of a command as a whole process. @throws Error if it fails */
async function take(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const start = performance.now();
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${args.join(' ')}: exit code ${code}`);
  return performance.now() - start;
}

await runProgram({
  usage: 'npm run bench:cli takes no options',
  parse: (args) => ({ help: false, ...readArguments(args, {}, 'README.md') }),
  run: bench,
});
