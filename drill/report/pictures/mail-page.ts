import type { Mail } from '../../kit/mail-sink.ts';
import { html, Markup } from '../page/html.ts';

const style = `
body { margin: 0; padding: 16px; background: #ffffff; color: #1e293b; font: 15px/1.5 system-ui, Helvetica, Arial, sans-serif; }
main { border: 1px solid #cbd5e1; border-radius: 10px; width: 780px; overflow: hidden; }
header { padding: 14px 20px; background: #f1f5f9; border-bottom: 1px solid #cbd5e1; }
h1 { margin: 0 0 8px; font-size: 19px; line-height: 1.3; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 14px; margin: 0; }
dt { color: #475569; }
dd { margin: 0; overflow-wrap: anywhere; }
pre { margin: 0; padding: 16px 20px; white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; }
`;

/** A mail as it arrived, as a mail reader shows it. */
export function mailPage({ from, to, at, subject, text }: Mail): string {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${subject}</title><style>${new Markup(style)}</style></head>
<body><main><header><h1>${subject}</h1><dl><dt>From</dt><dd>${from}</dd><dt>To</dt><dd>${to.join(', ')}</dd><dt>Date</dt><dd>${new Date(at).toUTCString()}</dd></dl></header><pre>${text
    .trim()
    .split('\n')
    .map((line) => html`${line}\n`)}</pre></main></body></html>
`.text;
}
