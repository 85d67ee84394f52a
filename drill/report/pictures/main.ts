/** Makes the pictures of the README from a drill and in a browser, both real: `npm run docs:pictures`. */
import { mkdirSync } from 'node:fs';
import { readArguments } from '../../kit/arguments.ts';
import { type ProgramTools, print, runProgram } from '../../kit/program.ts';
import { createWatch } from '../../stage/watch.ts';
import { openBrowser } from './browser.ts';
import { createCamera, picturesFolder } from './camera.ts';
import { photograph } from './photograph.ts';

async function makePictures(_: object, { processes, timeline, workDir }: ProgramTools): Promise<number> {
  const browser = await openBrowser();
  processes.onCleanup('browser', () => browser.close());
  mkdirSync(picturesFolder, { recursive: true });
  const camera = createCamera(browser, print);
  await photograph(camera, { workDir, processes, timeline, watch: createWatch(timeline) });
  return 0;
}

await runProgram({
  usage: 'npm run docs:pictures takes no options',
  parse: (args) => ({ help: false, ...readArguments(args, {}, 'README.md') }),
  run: makePictures,
});
