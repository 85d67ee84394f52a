import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

type Route = {
  matchers?: string[];
  group_interval?: string;
  repeat_interval?: string;
};

const shipped = new URL('../../monitoring/alertmanager.yml', import.meta.url);

/**
 * Seconds between two webhooks while an alert lasts, as the shipped Alertmanager sends them: it looks every
 * `group_interval`, and repeats at the first look after `repeat_interval` has passed.
 * @throws Error if the configuration has no route for the alert, or a time that cannot be read
 */
export function beatSeconds(alertname: string, text = readFileSync(shipped, 'utf8')): number {
  const { route } = parse(text) as { route: { routes: Route[] } };
  const names = (matcher: string) => matcher.split(/\W+/).includes(alertname);
  const own = route.routes.find(({ matchers }) => matchers?.some(names));
  if (!own) throw new Error(`alertmanager.yml: no route with a matcher that names "${alertname}"`);
  const look = milliseconds(own.group_interval, 'group_interval');
  const repeat = milliseconds(own.repeat_interval, 'repeat_interval');
  return ((Math.floor(repeat / look) + 1) * look) / 1000;
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function milliseconds(text: string | undefined, key: string): number {
  const parts = [...(text ?? '').matchAll(/(\d+)(ms|[smhd])/g)];
  const isWhole = parts.map(([part]) => part).join('') === text;
  if (!isWhole || parts.length === 0)
    throw new Error(`alertmanager.yml: ${key}: received ${text}, expected a duration such as 9500ms`);
  return parts.reduce((sum, [, amount, unit = '']) => sum + Number(amount) * (units[unit] ?? Number.NaN), 0);
}
