import { readSettings } from './settings.ts';

// What the image's HEALTHCHECK runs: exits 0 only if the health path answers 2xx within 1.5 s.
const { port, healthPath } = readSettings(process.env);
const answer = await fetch(`http://127.0.0.1:${port}${healthPath}`, { signal: AbortSignal.timeout(1500) });
process.exit(answer.ok ? 0 : 1);
