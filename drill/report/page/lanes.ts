import type { TimelineEvent, Tone } from '../../kit/timeline.ts';
import { element, text, title } from '../plot/svg.ts';
import { plain } from './html.ts';

/** One lane for each part that did something, and in it a mark for each thing it did. */
export interface Lane {
  readonly who: string;
  readonly events: readonly TimelineEvent[];
}

/** As a failover passes through them. */
const order = [
  'drill',
  'clients',
  'haproxy',
  'alertmanager',
  'receiver',
  'lambda',
  'reconciler',
  'ssm',
  'ec2',
  'host',
  'mail',
];
const rank = (who: string) => (order.indexOf(who) + order.length + 1) % (order.length + 1);

/** @param isShown whether a moment (Unix milliseconds) is on the axis */
export function lanesOf(events: readonly TimelineEvent[], isShown: (at: number) => boolean): Lane[] {
  const shown = events.filter(({ at }) => isShown(at));
  return [...Map.groupBy(shown, ({ who }) => who)]
    .map(([who, own]) => ({ who, events: own.toSorted((a, b) => a.at - b.at) }))
    .toSorted((a, b) => rank(a.who) - rank(b.who));
}

export const LANE_HEIGHT = 20;
/** Half the height of a mark. */
const MARK = 5;
/** How wide a character may be in the widest of the usual fonts, at the size of the labels. */
const CHARACTER = 6.6;

const colours: Readonly<Record<Tone, string>> = {
  good: 'var(--primary)',
  bad: 'var(--failed)',
  plain: 'var(--ink)',
};

/** Told apart by shape too: a bar, a ring for what is good, a cross for what is bad. */
function mark(x: number, y: number, tone: Tone): string {
  const stroke = colours[tone];
  const look = { fill: 'none', stroke, 'stroke-width': 2.5 };
  if (tone === 'good') return element('circle', { cx: x, cy: y, r: MARK - 1, ...look });
  const d =
    tone === 'bad'
      ? `M${x - 4} ${y - 4}L${x + 4} ${y + 4}M${x - 4} ${y + 4}L${x + 4} ${y - 4}`
      : `M${x} ${y - MARK}V${y + MARK}`;
  return element('path', { d, ...look });
}

/**
 * @param lane  in time order
 * @param xOf   where a moment is, in Unix milliseconds
 * @param edges where lanes begin and end
 * @param y     the lane's upper edge
 */
export function drawLane(
  { who, events }: Lane,
  xOf: (at: number) => number,
  [left, right]: readonly [number, number],
  y: number,
): string[] {
  const middle = y + LANE_HEIGHT / 2;
  return [
    element('path', { d: `M${left} ${middle}H${right}`, stroke: 'var(--line)' }),
    text(left - 6, middle + 4, shortened(plain(who), left - 8), { 'text-anchor': 'end' }),
    ...events.flatMap(({ at, what, tone = 'plain' }, index) => {
      const x = Math.round(xOf(at) * 10) / 10;
      const next = events[index + 1];
      const until = next ? xOf(next.at) - MARK : right;
      // Whole or not at all: the table of events has every word.
      const label = plain(what).length <= charactersIn(until - x - MARK - 4) ? plain(what) : undefined;
      return [
        element('g', {}, `${title(plain(what))}${mark(x, middle, tone)}`),
        ...(label ? [text(x + MARK + 4, middle + 4, label, { class: 'said' })] : []),
      ];
    }),
  ];
}

const charactersIn = (room: number) => Math.floor(room / CHARACTER);

/** The names that there are fit. */
function shortened(name: string, room: number): string {
  const most = charactersIn(room);
  return name.length <= most ? name : `${name.slice(0, most - 1)}…`;
}
