/** Rehearses a failover with the site in containers, as an operator has it: `npm run drill:compose`. */
import { writeFileSync } from 'node:fs';
import { type ProgramTools, print, runProgram } from '../kit/program.ts';
import { resultOf, summary } from '../report/result.ts';
import { createWatch } from '../stage/watch.ts';
import { type Options, parseOptions, usage } from './options.ts';
import { rehearse } from './rehearse.ts';

async function drill(options: Options, { processes, timeline, workDir }: ProgramTools): Promise<number> {
  const began = Date.now();
  const context = { workDir, processes, timeline, watch: createWatch(timeline), print };
  const { stage, compose, images, measured, checks } = await rehearse(options, context);
  const result = { ...resultOf(stage, measured, checks), compose: compose.version, images };
  for (const line of ['', ...summary(measured, checks), '']) print(line);
  print(`The drill ${result.outcome}, after ${((Date.now() - began) / 1000).toFixed(0)} s.`);
  if (options.jsonFile) writeFileSync(options.jsonFile, `${JSON.stringify(result, null, 2)}\n`);
  return result.outcome === 'passed' ? 0 : 1;
}

await runProgram({ usage, parse: parseOptions, run: drill });
