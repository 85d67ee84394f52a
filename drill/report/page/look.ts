/** The page's style. Texts have a contrast of at least 4.5 to 1, and marks of 3 to 1, on both grounds. */
export const look = `
:root {
  color-scheme: light;
  --page: #ffffff; --panel: #f1f5f9; --ink: #1e293b; --muted: #475569; --line: #cbd5e1;
  --primary: #15803d; --standby: #b45309; --parked: #7c3aed; --failed: #dc2626;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    color-scheme: dark;
    --page: #0f172a; --panel: #1e293b; --ink: #e2e8f0; --muted: #a9b6c9; --line: #334155;
    --primary: #4ade80; --standby: #fbbf24; --parked: #c4b5fd; --failed: #f87171;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 1040px; padding: 16px 8px 32px; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; overflow-wrap: anywhere;
}
h1 { margin: 0 0 12px; font-size: clamp(1.4rem, 5vw, 2.1rem); line-height: 1.2; }
h2 { margin: 40px 0 8px; font-size: 1.3rem; line-height: 1.3; }
p { margin: 8px 0; max-width: 75ch; }
small { color: var(--muted); font-size: 0.85rem; font-weight: normal; }
.eyebrow, figcaption, footer { color: var(--muted); }
.good { color: var(--primary); }
.bad { color: var(--failed); }
.story { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; margin: 0 0 16px; }
dt { color: var(--muted); }
dd { margin: 0 0 8px; }
.story dd { margin: 0; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(120px, 1fr)); gap: 8px; margin: 16px 0; }
.tiles div { padding: 8px 12px; border-radius: 8px; background: var(--panel); }
.tiles dt { font-size: 0.85rem; }
.tiles dd { margin: 0; font-size: 1.5rem; font-weight: 600; line-height: 1.3; font-variant-numeric: tabular-nums; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 8px 0; padding: 0; list-style: none; font-size: 0.9rem; }
.legend svg { vertical-align: -2px; }
figure { margin: 16px 0; }
figcaption { font-weight: 600; }
svg[width="0"] { position: absolute; }
figure svg { display: block; width: 100%; height: auto; }
.said { fill: var(--muted); paint-order: stroke; stroke: var(--page); stroke-width: 3px; }
.narrow { display: none; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th { overflow-wrap: normal; }
th, td { padding: 6px 8px; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
thead th { color: var(--muted); font-size: 0.85rem; font-weight: 600; vertical-align: bottom; }
tbody th { font-weight: 500; }
tfoot th, tfoot td { font-weight: 600; border-bottom: 0; }
.figure { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
thead .figure { white-space: normal; }
.bar { display: block; height: 8px; margin-top: 4px; border-radius: 4px; background: var(--panel); }
.bar span { display: block; min-width: 2px; height: 8px; border-radius: 4px; background: var(--standby); }
.bar, .bar span { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
code { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: 0.9em; }
@media screen and (max-width: 700px) {
  .wide { display: none; }
  .narrow { display: block; }
  .story { grid-template-columns: 1fr; gap: 0; }
  .story dd { margin-bottom: 8px; }
  .tiles { grid-template-columns: 1fr 1fr; }
  th, td { padding: 6px 4px; font-size: 0.9rem; }
  thead th { font-size: 0.75rem; }
}
@media print {
  body { max-width: none; padding: 0; font-size: 11pt; }
  figure, tr, .tiles div { break-inside: avoid; }
  h2 { break-after: avoid; }
}
`;
