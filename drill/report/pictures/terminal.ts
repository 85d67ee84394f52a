import { formatEvent, type TimelineEvent } from '../../kit/timeline.ts';
import { html, Markup } from '../page/html.ts';

/** At this size a letter is 7 pixels wide: the same letters have the same pixels, and the picture stays small. */
const style = `
body { margin: 0; padding: 16px; background: #ffffff; }
main { border-radius: 10px; background: #0f172a; color: #e2e8f0; overflow: hidden; width: max-content; }
header { display: flex; gap: 7px; padding: 11px 14px; background: #1e293b; }
header span { width: 12px; height: 12px; border-radius: 6px; background: #475569; }
pre { margin: 0; padding: 12px 18px 16px; font: 11.627px/17px "DejaVu Sans Mono", Menlo, Consolas, monospace; }
.prompt, .c2 { color: #94a3b8; }
.c31 { color: #f87171; }
.c32 { color: #4ade80; }
`;

/** What a run wrote, as a terminal shows it. */
export interface TerminalText {
  readonly command: string;
  readonly events: readonly TimelineEvent[];
  /** Where the clock stands at zero, in Unix milliseconds. */
  readonly start: number;
  /** What came after the timeline. */
  readonly lines: readonly string[];
}

/** A page that looks like a terminal, in the colours that the timeline has there. */
export function terminalPage({ command, events, start, lines }: TerminalText): string {
  const told = events.map((event) => eventLine(event, start));
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${command}</title><style>${new Markup(style)}</style></head>
<body><main><header><span></span><span></span><span></span></header><pre><span class="prompt">$ </span>${command}
${told}${lines.map((line) => html`${line}\n`)}</pre></main></body></html>
`.text;
}

/** The line with the colours that it has on a terminal, which are escape sequences there. */
function eventLine(event: TimelineEvent, start: number): Markup {
  const [first = '', ...coloured] = formatEvent(event, start, true).split('\x1b[');
  const pieces = coloured.map((piece) => {
    const end = piece.indexOf('m');
    return html`<span class="c${piece.slice(0, end)}">${piece.slice(end + 1)}</span>`;
  });
  return html`${first}${pieces}\n`;
}
