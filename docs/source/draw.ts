/**
 * The picture of the architecture, placed by hand on a grid. `npm run docs` writes
 * docs/architecture.svg from it; a test fails on drift.
 */

type Box = { x: number; y: number; w: number; title: string; note: string; kind: keyof typeof fills };
type Arrow = { path: string; label?: [x: number, y: number, ...lines: string[]]; kind?: 'live' | 'standby' };

const height = 52;
const fills = {
  plain: ['#ffffff', '#475569'],
  primary: ['#bbf7d0', '#15803d'],
  standby: ['#fde68a', '#b45309'],
};
const colours = { control: '#475569', live: '#15803d', standby: '#b45309' };

const boxes: Box[] = [
  { x: 150, y: 70, w: 140, title: 'HAProxy', note: 'one address, always', kind: 'plain' },
  { x: 440, y: 70, w: 150, title: 'primary', note: 'your API', kind: 'primary' },
  { x: 150, y: 200, w: 140, title: 'Prometheus', note: 'evaluates each 0.25 s', kind: 'plain' },
  { x: 440, y: 200, w: 150, title: 'Alertmanager', note: 'repeats while true', kind: 'plain' },
  { x: 740, y: 70, w: 170, title: 'standby', note: 'same image, asleep on EC2', kind: 'standby' },
  { x: 740, y: 200, w: 170, title: 'receiver', note: 'Lambda: records evidence', kind: 'plain' },
  { x: 740, y: 330, w: 170, title: 'reconciler', note: 'Lambda: decides, acts', kind: 'plain' },
  { x: 985, y: 200, w: 130, title: 'DynamoDB', note: 'evidence, state', kind: 'plain' },
  { x: 985, y: 330, w: 130, title: 'EventBridge', note: 'events, each minute', kind: 'plain' },
  { x: 440, y: 330, w: 150, title: 'SNS', note: 'every transition', kind: 'plain' },
];

const arrows: Arrow[] = [
  { path: 'M66 96 H146', kind: 'live' },
  { path: 'M290 96 H436', kind: 'live', label: [363, 88, 'while healthy'] },
  {
    path: 'M220 70 V34 H825 V66',
    kind: 'standby',
    label: [520, 27, 'when the primary is down and the standby answers'],
  },
  { path: 'M220 200 V126', label: [246, 167, 'scrapes'] },
  { path: 'M290 214 L436 124', label: [384, 178, 'probes'] },
  { path: 'M290 232 H436', label: [363, 249, 'PrimaryDown', 'PrimaryUp'] },
  { path: 'M590 226 H736', label: [663, 218, 'POST /failover'] },
  { path: 'M910 226 H981', label: [946, 218, 'writes'] },
  { path: 'M825 252 V326', label: [848, 294, 'wakes'] },
  { path: 'M910 344 L981 256', label: [968, 308, 'decides'] },
  { path: 'M985 362 H914', label: [949, 379, 'nudges'] },
  { path: 'M740 356 H594', label: [667, 348, 'tells'] },
  { path: 'M440 356 H316', label: [378, 348, 'e-mail'] },
  { path: 'M740 346 H726 V108 H736', label: [764, 170, 'SSM: start,', 'stop'] },
];

export function architecture(): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1150 420" font-family="Helvetica, Arial, sans-serif" role="img">
<title>hybrid-failover: HAProxy sends clients to the primary, or to the standby in AWS while the primary is down; Prometheus and Alertmanager tell a receiver, and a reconciler starts and stops the standby</title>
<defs>${Object.entries(colours)
    .map(([name, colour]) => head(name, colour))
    .join('')}</defs>
<rect width="1150" height="420" rx="10" fill="#ffffff"/>
${zone(120, 46, 500, 240, 'your site', '#eff6ff', '#93c5fd')}
${zone(706, 46, 432, 364, 'AWS', '#fff7ed', '#fdba74')}
${zone(420, 312, 200, 98, 'AWS', '#fff7ed', '#fdba74')}
${arrows.map(arrow).join('\n')}
${boxes.map(box).join('\n')}
${text(40, 100, 'clients', 14)}
${text(282, 360, 'people', 14)}
</svg>
`;
}

function head(name: string, colour: string): string {
  return `<marker id="${name}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto" markerUnits="userSpaceOnUse"><path d="M0 0 8 4 0 8z" fill="${colour}"/></marker>`;
}

function zone(
  x: number,
  y: number,
  w: number,
  h: number,
  name: string,
  fill: string,
  stroke: string,
): string {
  const label = name && `<text x="${x + 12}" y="${y + h - 10}" font-size="13" fill="#64748b">${name}</text>`;
  return `<rect x="${x}" y="${y}" width="${w}" height="${h}" rx="12" fill="${fill}" stroke="${stroke}"/>${label}`;
}

function arrow({ path, label, kind }: Arrow): string {
  const name = kind ?? 'control';
  const width = kind ? 2.6 : 1.4;
  const dash = kind === 'standby' ? ' stroke-dasharray="7 5"' : '';
  const line = `<path d="${path}" fill="none" stroke="${colours[name]}" stroke-width="${width}"${dash} marker-end="url(#${name})"/>`;
  if (!label) return line;
  const [x, y, ...lines] = label;
  return line + lines.map((words, i) => text(x, y + 14 * i, words, 11.5, colours[name])).join('');
}

function box({ x, y, w, title, note, kind }: Box): string {
  const [fill, stroke] = fills[kind];
  const middle = x + w / 2;
  return `<rect x="${x}" y="${y}" width="${w}" height="${height}" rx="9" fill="${fill}" stroke="${stroke}" stroke-width="1.5"/>${text(middle, y + 22, title, 14, '#0f172a', 'bold')}${text(middle, y + 40, note, 11.5)}`;
}

function text(
  x: number,
  y: number,
  words: string,
  size: number,
  fill = '#334155',
  weight = 'normal',
): string {
  return `<text x="${x}" y="${y}" font-size="${size}" font-weight="${weight}" fill="${fill}" text-anchor="middle">${words}</text>`;
}
