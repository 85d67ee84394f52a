/** Makes the pictures of the README from a drill and in a browser, both real: `npm run docs:pictures`. */
import { mkdirSync } from 'node:fs';
import { ConfigError } from '../../lib/config/load.ts';
import { readArguments } from '../arguments.ts';
import { cleanUpOnEnd } from '../endings.ts';
import { DrillError } from '../errors.ts';
import { createProcesses } from '../processes.ts';
import { createTimeline } from '../timeline.ts';
import { createWatch } from '../watch.ts';
import { workFolder } from '../work-folder.ts';
import { openBrowser } from './browser.ts';
import { createCamera, picturesFolder } from './camera.ts';
import { photograph } from './photograph.ts';

const print = (line: string) => void process.stdout.write(`${line}\n`);
const complain = (line: string) => void process.stderr.write(`${line}\n`);

async function main(): Promise<number> {
  const timeline = createTimeline(process.stdout);
  const processes = createProcesses(
    (name, how) => timeline.add(name, `ended unexpectedly: ${how}`, { tone: 'bad' }),
    complain,
  );
  cleanUpOnEnd(processes.cleanup, complain);
  try {
    readArguments(process.argv.slice(2), {}, 'README.md');
    const browser = await openBrowser();
    processes.onCleanup('browser', () => browser.close());
    mkdirSync(picturesFolder, { recursive: true });
    const workDir = workFolder(undefined, processes.onCleanup);
    const camera = createCamera(browser, print);
    await photograph(camera, { workDir, processes, timeline, watch: createWatch(timeline) });
    return 0;
  } catch (error) {
    const expected = error instanceof DrillError || error instanceof ConfigError;
    complain(expected ? error.message : String((error as Error).stack ?? error));
    return 1;
  } finally {
    await processes.cleanup();
  }
}

process.exitCode = await main();
