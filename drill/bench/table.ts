import { phaseNames } from '../verify/phases.ts';
import type { Row } from './rows.ts';

/** A table in Markdown that can also be read in a terminal: first column left, all others right. */
function markdownTable(header: readonly string[], lines: readonly (readonly string[])[]): string[] {
  const widths = header.map((title, column) =>
    Math.max(3, title.length, ...lines.map((line) => (line[column] ?? '').length)),
  );
  const isText = (column: number) => column < 2;
  const row = (cells: readonly string[]) =>
    `| ${widths
      .map((width, column) => {
        const cell = cells[column] ?? '';
        return isText(column) ? cell.padEnd(width) : cell.padStart(width);
      })
      .join(' | ')} |`;
  const rule = widths.map((width, column) =>
    isText(column) ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [row(header), row(rule), ...lines.map(row)];
}

/** What clients noticed. */
export function noticedTable(rows: readonly Row[]): string[] {
  return markdownTable(
    [
      'config',
      'fault',
      'runs',
      'idempotent lost',
      'POST lost / in flight',
      'executed twice',
      'recovery median',
      'worst',
      'slowest answer',
    ],
    rows.map((row) => [
      row.config,
      row.fault,
      row.failedRuns === 0 ? `${row.runs}` : `${row.runs} (+${row.failedRuns} failed)`,
      String(row.lostIdempotent),
      `${row.lostPost} / ${row.postInFlight}`,
      String(row.executedTwice),
      seconds(row.recoverySeconds.median),
      seconds(row.recoverySeconds.worst),
      seconds(row.slowestSeconds),
    ]),
  );
}

/** Where the time went, of the run with the median recovery, against what cannot be avoided. */
export function phasesTable(rows: readonly Row[]): string[] {
  const measured = rows.flatMap(({ config, fault, phases, floorSeconds }) =>
    phases && floorSeconds ? [{ config, fault, phases, floor: floorSeconds.median }] : [],
  );
  if (measured.length === 0) return [];
  return markdownTable(
    ['config', 'fault', ...phaseNames, 'recovery', 'floor', 'ratio'],
    measured.map(({ config, fault, phases, floor }) => {
      const recovery = phaseNames.reduce((sum, name) => sum + phases[name], 0);
      return [
        config,
        fault,
        ...phaseNames.map((name) => seconds(phases[name])),
        seconds(recovery),
        seconds(floor),
        (recovery / floor).toFixed(2),
      ];
    }),
  );
}

export function seconds(value: number): string {
  if (Number.isNaN(value)) return '–';
  return Number.isFinite(value) ? `${value.toFixed(2)} s` : 'never';
}
