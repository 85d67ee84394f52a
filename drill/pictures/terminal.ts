import { html, type Markup } from '../page/html.ts';
import { formatEvent, type TimelineEvent } from '../timeline.ts';

const style = `
body { margin: 0; padding: 16px; background: #ffffff; }
main { border-radius: 10px; background: #0f172a; color: #e2e8f0; overflow: hidden; width: max-content; }
header { display: flex; gap: 7px; padding: 11px 14px; background: #1e293b; }
header span { width: 12px; height: 12px; border-radius: 6px; background: #475569; }
pre { margin: 0; padding: 12px 18px 16px; font: 13px/1.45 "DejaVu Sans Mono", Menlo, Consolas, monospace; }
.prompt, .clock { color: #94a3b8; }
.good { color: #4ade80; }
.bad { color: #f87171; }
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
<html lang="en"><head><meta charset="utf-8"><title>${command}</title><style>${style}</style></head>
<body><main><header><span></span><span></span><span></span></header><pre><span class="prompt">$ </span>${command}
${told}
${lines.map((line) => html`${line}\n`)}</pre></main></body></html>
`.text;
}

function eventLine(event: TimelineEvent, start: number): Markup {
  const line = formatEvent(event, start);
  const clock = line.slice(0, line.indexOf(' s ') + 2);
  const { tone = 'plain' } = event;
  return html`<span class="clock">${clock}</span><span class="${tone}">${line.slice(clock.length)}</span>\n`;
}
