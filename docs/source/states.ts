import { readFileSync } from 'node:fs';
import { type Phase, siteOf } from '../../lambda/domain/phase.ts';

/**
 * The phases of a service and the moves between them, as the exploration of all reachable states has seen them
 * (test/lambda/domain/moves-*.txt, which the exploration holds). Only the places are given by hand: a move without a
 * place, or a place without a move, is an error.
 */

type Place = { readonly x: number; readonly y: number; readonly note: string };

const places: Readonly<Record<Phase, Place>> = {
  home: { x: 90, y: 320, note: 'the standby sleeps' },
  warming: { x: 420, y: 70, note: 'started ahead, or tested' },
  cooling: { x: 250, y: 190, note: 'stopped again' },
  starting: { x: 640, y: 320, note: 'nobody serves yet' },
  serving: { x: 1010, y: 320, note: 'the standby serves' },
  draining: { x: 830, y: 560, note: 'requests finish' },
  stopping: { x: 330, y: 560, note: 'the standby is stopped' },
};

/** The line of each move, and where its reasons stand. */
const lines: Readonly<Record<string, readonly [path: string, x: number, y: number]>> = {
  'home -> warming': ['M90 292 Q110 90 338 70', 148, 96],
  'home -> starting': ['M172 320 H556', 420, 338],
  'warming -> cooling': ['M380 98 L292 160', 262, 118],
  'warming -> starting': ['M460 98 L604 290', 610, 170],
  'warming -> serving': ['M502 66 Q900 60 1000 288', 900, 86],
  'cooling -> home': ['M206 218 L138 290', 228, 270],
  'cooling -> starting': ['M332 204 L556 292', 486, 212],
  'starting -> serving': ['M724 320 H924', 824, 312],
  'starting -> draining': ['M668 350 L788 530', 830, 404],
  'serving -> draining': ['M990 350 L868 530', 1010, 440],
  'draining -> starting': ['M768 532 L640 352', 622, 468],
  'draining -> stopping': ['M746 560 H418', 590, 552],
  'stopping -> starting': ['M372 532 L600 350', 400, 420],
  'stopping -> home': ['M272 532 L118 352', 130, 456],
};

const read = (name: string) =>
  readFileSync(new URL(`../../test/lambda/domain/${name}`, import.meta.url), 'utf8')
    .trim()
    .split('\n');

/** Reasons by move. */
function movesSeen(): ReadonlyMap<string, readonly string[]> {
  const all = new Map<string, string[]>();
  for (const line of [...read('moves-patient.txt'), ...read('moves-hasty.txt')]) {
    const [move = '', reason = ''] = line.split(': ');
    const known = all.get(move) ?? [];
    if (!known.includes(reason)) all.set(move, [...known, reason]);
  }
  const missing = [...all.keys()].filter((move) => !(move in lines));
  const unseen = Object.keys(lines).filter((move) => !all.has(move));
  if (missing.length > 0 || unseen.length > 0)
    throw new Error(
      `docs/source/states.ts: no place for ${missing.join(', ') || 'none'}; never seen: ${unseen.join(', ') || 'none'}`,
    );
  return all;
}

/** docs/states.svg */
export function states(): string {
  const moves = [...movesSeen()].map(([move, reasons]) => {
    const [path, x, y] = lines[move] ?? ['', 0, 0];
    return `<path d="${path}" fill="none" stroke="#475569" stroke-width="1.4" marker-end="url(#to)"/>${reasons
      .map((reason, at) => text(x, y + 14 * at, reason.replaceAll('-', ' '), 11.5, '#334155'))
      .join('')}`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1110 610" font-family="Helvetica, Arial, sans-serif" role="img">
<title>The phases of a service, and the reasons for which it goes from one to another. The primary is in charge in home, warming, cooling, draining and stopping; the standby in starting and serving.</title>
<defs><marker id="to" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto" markerUnits="userSpaceOnUse"><path d="M0 0 8 4 0 8z" fill="#475569"/></marker></defs>
<rect width="1110" height="610" rx="10" fill="#ffffff"/>
${moves.join('\n')}
${Object.entries(places).map(box).join('\n')}
${text(96, 40, 'green: the primary is in charge', 12, '#15803d')}
${text(101, 58, 'amber: the standby is in charge', 12, '#b45309')}
</svg>
`;
}

function box([phase, { x, y, note }]: [string, Place]): string {
  const [fill, stroke] =
    siteOf(phase as Phase) === 'primary' ? ['#bbf7d0', '#15803d'] : ['#fde68a', '#b45309'];
  return `<rect x="${x - 82}" y="${y - 28}" width="164" height="56" rx="9" fill="${fill}" stroke="${stroke}" stroke-width="1.5"/>${text(x, y - 4, phase, 15, '#0f172a', 'bold')}${text(x, y + 15, note, 11.5, '#334155')}`;
}

const text = (x: number, y: number, words: string, size: number, fill: string, weight = 'normal') =>
  `<text x="${x}" y="${y}" font-size="${size}" font-weight="${weight}" fill="${fill}" text-anchor="middle">${words}</text>`;
