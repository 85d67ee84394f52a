import { kindMeanings, kinds } from '../plot/samples.ts';
import type { TimeAxis } from '../plot/scale.ts';
import { element } from '../plot/svg.ts';
import { closeLook, wholeRun } from './axis.ts';
import { html, Markup } from './html.ts';
import { look } from './look.ts';
import { drawRun, fillsOf, formats, patterns } from './picture.ts';
import { hasPassed, type ReportData } from './report-data.ts';
import {
  checksSection,
  countLate,
  eventsSection,
  phasesSection,
  realSection,
  requestsSection,
} from './sections.ts';

/**
 * The report of a run as one HTML file: nothing is loaded, and no script runs. The policy in its head holds the
 * browser to that, whatever a program may have printed.
 */
export function reportPage(data: ReportData): string {
  const { name } = data.scenario;
  const passed = hasPassed(data);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Drill ${name}: ${passed ? 'passed' : 'failed'}</title>
<style>${new Markup(look)}</style>
</head>
<body>
<header>
<p class="eyebrow">hybrid-failover · drill <strong>${name}</strong> · ${new Date(data.start).toISOString().slice(0, 16).replace('T', ' ')} UTC</p>
<h1 class="${passed ? 'good' : 'bad'}"><span aria-hidden="true">${passed ? '✓' : '✗'}</span> ${headline(data, passed)}</h1>
<dl class="story"><dt>What was broken</dt><dd>${data.scenario.breaks}</dd><dt>What had to happen</dt><dd>${data.scenario.expected}</dd></dl>
${tiles(data)}
</header>
<main>
${pictures(data)}
${phasesSection(data)}
${requestsSection(data)}
${checksSection(data)}
${realSection(data)}
${eventsSection(data)}
</main>
<footer><p>Made by <code>${command(data)}</code></p></footer>
</body>
</html>
`;
  return page.text;
}

function headline({ measured, checks }: ReportData, passed: boolean): string {
  if (!passed) {
    const missed = checks.filter(({ held }) => !held).length;
    if (checks.length === 0) return 'Failed: nothing was checked';
    return checks.length === 1
      ? `Failed: ${checks[0]?.observed}`
      : `Failed: ${missed} of ${checks.length} checks did not hold`;
  }
  return measured
    ? `Passed: clients were answered again after ${measured.failover.recoverySeconds.toFixed(2)} s`
    : `Passed: all ${checks.length} checks held`;
}

/** The figures that people ask for first. */
function tiles(data: ReportData): Markup {
  const { account, measured, results } = data;
  const { idempotent, nonIdempotent } = account;
  const figures: (readonly [name: string, figure: string, of?: string])[] = [
    ...(measured ? [['Recovery', `${measured.failover.recoverySeconds.toFixed(2)} s`] as const] : []),
    ...(results.length === 0
      ? []
      : ([
          ['Idempotent lost', String(idempotent.lost), `of ${idempotent.sent}`],
          ['POST lost', String(nonIdempotent.lost), `of ${nonIdempotent.sent}`],
          ['POST executed twice', String(account.executedTwice)],
          ['Answered late', String(countLate(data)), `of ${account.sent}`],
          ['Slowest answer', `${account.slowestSeconds.toFixed(2)} s`],
        ] as const)),
    ['Checks held', String(data.checks.filter(({ held }) => held).length), `of ${data.checks.length}`],
  ];
  return html`<dl class="tiles">${figures.map(
    ([name, figure, of]) => html`<div><dt>${name}</dt><dd>${figure} <small>${of}</small></dd></div>`,
  )}</dl>`;
}

function pictures(data: ReportData): Markup {
  const whole = wholeRun(data);
  const close = closeLook(data, whole);
  return html`<section aria-labelledby="happened">
<h2 id="happened">What happened</h2>
${data.results.length === 0 ? undefined : legend()}
${close && figure(data, close, 'The failover', 'close')}
${figure(data, whole, close ? 'The whole run' : undefined, 'whole')}
</section>`;
}

/** Twice, for two widths; the look shows one of them. */
function figure(data: ReportData, axis: TimeAxis, caption: string | undefined, id: string): Markup {
  const drawn = (['wide', 'narrow'] as const).map(
    (name) =>
      html`<div class="${name}">${drawRun(data, axis, { id: `${id}-${name}`, ...formats[name] })}</div>
`,
  );
  return html`<figure>${caption && html`<figcaption>${caption}</figcaption>`}
${drawn}</figure>`;
}

function legend(): Markup {
  const fills = fillsOf('legend');
  const swatch = (fill: string) =>
    new Markup(
      element(
        'svg',
        { width: 14, height: 14, viewBox: '0 0 14 14', 'aria-hidden': 'true' },
        element('rect', { width: 14, height: 14, fill }),
      ),
    );
  const defs = element('svg', { width: 0, height: 0, 'aria-hidden': 'true' }, patterns('legend'));
  return html`${new Markup(defs)}<ul class="legend">${kinds.map((kind) => html`<li>${swatch(fills[kind])} ${kindMeanings[kind]}</li>`)}<li>○ good, × bad, | otherwise</li><li>┆ what the drill did</li></ul>`;
}

function command({ scenario, requestsPerSecond }: ReportData): string {
  const options = [
    ...(scenario.name === 'api-crash' ? [] : [`--scenario ${scenario.name}`]),
    ...(requestsPerSecond === 50 ? [] : [`--rate ${requestsPerSecond}`]),
    '--html FILE',
  ];
  return `npm start -- ${options.join(' ')}`;
}
