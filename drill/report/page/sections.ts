import type { ClassAccount } from '../../load/account.ts';
import { recoveryTargetSeconds } from '../../verify/checks.ts';
import { type PhaseName, phaseBudgets, phaseMeanings, phaseNames } from '../../verify/phases.ts';
import { LATE_MS, sampleOf } from '../plot/samples.ts';
import { html, type Markup } from './html.ts';
import type { ReportData } from './report-data.ts';

/** The parts of the page below its picture. Each is a section with a heading, or nothing. */

const seconds = (value: number) => `${value.toFixed(2)} s`;

/** How many were answered late: held up while no site served, or tried again. */
export function countLate({ results, start }: Pick<ReportData, 'results' | 'start'>): number {
  return results.filter((result) => sampleOf(result, start).kind === 'parked').length;
}

/** Each phase against its budget, and the whole against the target. */
export function phasesSection({ measured }: ReportData): Markup | undefined {
  if (!measured) return undefined;
  const { recoverySeconds, phases } = measured.failover;
  const starts = phaseNames.map((_, index) =>
    phaseNames.slice(0, index).reduce((sum, name) => sum + phases[name], 0),
  );
  const rows = phaseNames.map((name, index) =>
    phaseRow(name, phases[name], (starts[index] ?? 0) / recoverySeconds, phases[name] / recoverySeconds),
  );
  const { homeSeconds, seconds: asleep } = measured.failback;
  return html`<section aria-labelledby="phases">
<h2 id="phases">Where the time went</h2>
<p>From the kill to the first answer of the standby. A phase that goes over its budget fails nothing; what must hold is the whole.</p>
<div class="scroll"><table>
<thead><tr><th scope="col">Phase, and what ends it</th><th scope="col" class="figure">took</th><th scope="col">budget</th></tr></thead>
<tbody>${rows}</tbody>
<tfoot><tr><th scope="row">Recovery</th><td class="figure">${seconds(recoverySeconds)}</td><td>${verdict(recoverySeconds, recoveryTargetSeconds)} <small>the target (RTO) of a drill</small></td></tr></tfoot>
</table></div>
<p>The way back: clients were home ${seconds(homeSeconds)} after the primary was started again, and the standby slept after ${seconds(asleep)}.</p>
</section>`;
}

function phaseRow(name: PhaseName, took: number, from: number, share: number): Markup {
  const { seconds: budget, restsOn } = phaseBudgets[name];
  const bar = `margin-left:${percent(from)};width:${percent(share)}`;
  return html`<tr><th scope="row">${name} <small>${phaseMeanings[name]}</small><span class="bar" aria-hidden="true"><span style="${bar}"></span></span></th><td class="figure">${seconds(took)}</td><td>${verdict(took, budget)} <small>${restsOn}</small></td></tr>
`;
}

/** A recovery of nothing has no shares. */
const percent = (share: number) => `${(Number.isFinite(share) ? share * 100 : 0).toFixed(1)}%`;

function verdict(took: number, limit: number): Markup {
  const over = took - limit;
  return over > 0
    ? html`<strong class="bad">${limit} s, over by ${seconds(over)}</strong>`
    : html`<span class="good">within ${limit} s</span>`;
}

/** What became of the requests, by whether repeating them is harmless. */
export function requestsSection(data: ReportData): Markup {
  const { account, requestsPerSecond, results } = data;
  const heading = html`<h2 id="requests">What clients noticed</h2>`;
  if (results.length === 0)
    return html`<section aria-labelledby="requests">${heading}<p>This run had no clients.</p></section>`;
  const row = (name: string, { sent, ok, lost, indeterminate, executedTwice }: ClassAccount) =>
    html`<tr><th scope="row">${name}</th>${[sent, ok, lost, indeterminate, executedTwice].map(
      (count) => html`<td class="figure">${count}</td>`,
    )}</tr>`;
  const columns = ['sent', 'answered', 'lost', 'of these executed', 'executed twice'];
  return html`<section aria-labelledby="requests">
${heading}
<p>${requestsPerSecond} requests/s, sent on schedule whatever the answers do. Every request has an id, and every execution is recorded before it is answered.</p>
<div class="scroll"><table>
<thead><tr><th scope="col">Requests</th>${columns.map((name) => html`<th scope="col" class="figure">${name}</th>`)}</tr></thead>
<tbody>
${row('idempotent (GET, PUT)', account.idempotent)}
${row('POST', account.nonIdempotent)}
</tbody></table></div>
<p>${countLate(data)} answered late (parked, queued or tried again): after ${LATE_MS} ms or more. The slowest took ${seconds(account.slowestSeconds)}. An idempotent request that was executed twice harmed nobody: repeating it is what makes a failover unnoticeable.</p>
</section>`;
}

/** What had to be so at the end, and what was seen. */
export function checksSection({ checks }: ReportData): Markup {
  const rows = checks.map(
    ({ name, held, observed }) =>
      html`<tr><td>${held ? html`<span class="good">✓ held</span>` : html`<strong class="bad">✗ did not hold</strong>`}</td><th scope="row">${name}</th><td>${observed}</td></tr>
`,
  );
  return html`<section aria-labelledby="checks">
<h2 id="checks">Checks</h2>
<div class="scroll"><table>
<thead><tr><th scope="col">Verdict</th><th scope="col">What must be so</th><th scope="col">What was seen</th></tr></thead>
<tbody>${rows}</tbody></table></div>
</section>`;
}

const labels = { real: 'Real', 'stood in': 'Stood in for', shortened: 'Shortened, to save time' } as const;

/** What was real in this run and what was not, and the versions of what was. */
export function realSection({ facts, components }: ReportData): Markup {
  const rows = components.map(
    ({ name, version, how }) =>
      html`<tr><th scope="row">${name}</th><td>${version}</td><td>${how}</td></tr>
`,
  );
  return html`<section aria-labelledby="real">
<h2 id="real">What was real</h2>
<dl>${facts.map(([label, ...lines]) => html`<dt>${labels[label]}</dt><dd>${lines.join(' ')}</dd>`)}</dl>
<div class="scroll"><table>
<thead><tr><th scope="col">Component</th><th scope="col">Version</th><th scope="col">How</th></tr></thead>
<tbody>${rows}</tbody></table></div>
</section>`;
}

/** Everything that the timeline told, in its order. */
export function eventsSection({ events, start }: ReportData): Markup {
  const rows = events
    .toSorted((a, b) => a.at - b.at)
    .map(
      ({ at, who, what, tone = 'plain' }) =>
        html`<tr><td class="figure">${clock((at - start) / 1000)}</td><th scope="row">${who}</th><td class="${tone}">${what}</td></tr>
`,
    );
  return html`<section aria-labelledby="events">
<h2 id="events">Every event</h2>
<div class="scroll"><table class="events">
<thead><tr><th scope="col" class="figure">When</th><th scope="col">Who</th><th scope="col">What</th></tr></thead>
<tbody>${rows}</tbody></table></div>
</section>`;
}

/** A true minus sign: it is as wide as the plus. */
const clock = (at: number) => `${at < 0 ? '−' : '+'}${Math.abs(at).toFixed(2)} s`;
