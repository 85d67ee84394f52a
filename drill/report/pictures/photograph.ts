import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import type { Happening } from '../../cloud/happenings.ts';
import { DrillError } from '../../kit/errors.ts';
import { crash } from '../../scenarios/api-crash.ts';
import { play, stageFor } from '../../scenarios/support/play.ts';
import { createTools, type ToolsContext } from '../../scenarios/support/tools.ts';
import { siteWithPages } from '../../site/with-pages.ts';
import { type Stage, setStage } from '../../stage/stage.ts';
import { writePage } from '../page/write.ts';
import { summary } from '../result.ts';
import type { Camera } from './camera.ts';
import { mailPage } from './mail-page.ts';
import { terminalPage } from './terminal.ts';

/** As the default of `npm start`. */
const place = { configFile: 'failover.yaml', requestsPerSecond: 50 } as const;

type Context = Pick<ToolsContext, 'workDir' | 'processes' | 'timeline' | 'watch'>;

/**
 * Plays the default drill with the browser at rest, so that it is measured as it always is, and takes pictures
 * of what it left. Then the primary is killed once more, and is left dead until all that shows has been seen.
 */
export async function photograph(camera: Camera, context: Context): Promise<void> {
  const { workDir, processes, timeline, watch } = context;
  const wanted = stageFor(crash, { configFile: place.configFile, workDir });
  const stage = await setStage({ ...wanted, site: siteWithPages(workDir) }, processes, timeline, watch);
  const tools = { ...context, ...place };
  const { played, outcome } = await play(crash, stage, tools);
  const { checks, measured } = played;
  if (!measured || outcome.outcome === 'failed')
    throw new DrillError(`the drill failed, and nobody wants pictures of that: ${outcome.observed}`);
  const text = {
    command: 'npm start',
    events: timeline.events.filter(({ at }) => at >= (timeline.start ?? 0)),
    start: timeline.start ?? 0,
    lines: ['', ...summary(measured, checks), '', `The drill ${outcome.outcome}.`],
  };
  await camera.take('drill', { width: 1400, height: 900 }, shows(terminalPage(text)));
  const file = join(workDir, 'report.html');
  await writePage(file, { scenario: crash, stage, ...tools, checks, measured });
  const report = shows(readFileSync(file, 'utf8'), 'body');
  await camera.take('report-light', { width: 1080, height: 910 }, report);
  await camera.take('report-dark', { width: 1080, height: 910, dark: true }, report);
  const mail = await stage.mails.waitFor(({ subject }) => subject.includes('the standby serves'), 1);
  await camera.take('mail', { width: 820, height: 600 }, shows(mailPage(mail)));
  await camera.take('haproxy-up', statsView, sites(stage));
  await photographOutage(camera, stage, tools);
  camera.check();
}

/** Everything is up until the primary is killed, and stays as it is afterwards: nothing has to be caught in time. */
async function photographOutage(camera: Camera, stage: Stage, context: ToolsContext): Promise<void> {
  const since = await createTools(stage, context).primary.kill();
  const within = { since, seconds: 60 };
  await stage.serverChanges.first(
    'HAProxy marks the standby up',
    ({ server, state }) => server === 'standby' && state === 'UP',
    within,
  );
  await camera.take('haproxy-down', statsView, sites(stage));
  await stage.happenings.first('PrimaryDown is posted', isPrimaryDown, within);
  await camera.take('prometheus', { width: 1100, height: 560 }, alerts(stage));
}

const isPrimaryDown = (one: Happening) =>
  one.kind === 'webhook-received' &&
  one.alerts.some(({ name, status }) => name === 'PrimaryDown' && status === 'firing');

/** A page of our own. */
const shows =
  (content: string, of = 'main') =>
  async (page: Page) => {
    await page.setContent(content);
    return of === 'body' ? undefined : page.locator(of);
  };

/** As narrow as its tables can be. */
const statsView = { width: 1250, height: 700, scale: 2 } as const;

/** HAProxy's own page, of it the backend with both sites. It would load itself anew while it is looked at. */
const sites = (stage: Stage) => async (page: Page) => {
  await page.goto(`${stage.site.statsUrl};norefresh`);
  return page.locator('table.tbl', { has: page.locator('a[name="service/primary"]') });
};

/** Prometheus' own page; that of old releases has another address. */
const alerts = (stage: Stage) => async (page: Page) => {
  const response = await page.goto(`${stage.site.prometheusUrl}alerts`);
  if (!response?.ok()) await page.goto(`${stage.site.prometheusUrl}classic/alerts`);
  const alert = page.getByText('PrimaryDown').first();
  await alert.click();
  await page.getByText('firing', { exact: true }).first().waitFor();
  // The alert comes right below the bar that stays: above it is where the rules are on this machine.
  const [at, bar] = await Promise.all([
    alert.boundingBox(),
    page.locator('nav, header').first().boundingBox(),
  ]);
  await page.evaluate(`scrollBy(0, ${(at?.y ?? 0) - (bar?.height ?? 0) - 14})`);
  return undefined;
};
