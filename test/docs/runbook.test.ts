import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { examples } from '../../docs/source/email-examples.ts';
import { urgencyOf } from '../../lambda/mail.ts';
import { mailKinds } from '../../lambda/messages.ts';
import { configOf, ofType, resourcesOf } from '../lib/templates.ts';

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
const page = read('docs/runbook.md');
/** Each paragraph, by its heading. */
const paragraphs = new Map(
  page
    .split(/^#{2,3} /m)
    .slice(1)
    .map((text) => [text.slice(0, text.indexOf('\n')), text]),
);
const headed = (sender: string) =>
  [...paragraphs.keys()].flatMap((heading) => new RegExp(`^${sender} (\\S+)$`).exec(heading)?.[1] ?? []);

type Rules = { groups: { rules: { alert?: string; labels?: { severity: string } }[] }[] };

/** Alerts that monitoring/alertmanager.yml sends to people: all but those that are only for the webhook. */
function alertsToPeople(): string[] {
  const files = ['monitoring/rules/evidence.yml', 'monitoring/rules/monitoring.yml'];
  const rules = files.flatMap((file) => (parse(read(file)) as Rules).groups.flatMap((group) => group.rules));
  return rules.flatMap(({ alert, labels }) => (alert && labels?.severity !== 'info' ? [alert] : []));
}

const alarms = ofType(resourcesOf(configOf('failover.yaml')), 'AWS::CloudWatch::Alarm').map(({ AlarmName }) =>
  String(AlarmName).replace('hybrid-failover-', ''),
);

describe('docs/runbook.md', () => {
  test.each([
    ['Mail', [...mailKinds]],
    ['Alarm', alarms],
    ['Alert', alertsToPeople()],
  ])('has a paragraph for each %s, and no other', (sender, names) => {
    expect(names.length).toBeGreaterThan(5);
    expect(headed(sender).sort()).toEqual([...names].sort());
  });

  const toBeRepaired = new Set([
    ...examples.filter(({ entry }) => urgencyOf(entry) !== 'none').map(({ entry }) => `Mail ${entry.kind}`),
    ...alarms.map((name) => `Alarm ${name}`),
    ...alertsToPeople().map((name) => `Alert ${name}`),
  ]);

  test.each([...paragraphs.keys()].filter((heading) => /^(Mail|Alarm|Alert) /.test(heading)))(
    '%s: says what it means, what to do first, and when it is over',
    (heading) => {
      const wanted = ['Means', 'First', 'Over'];
      const more = toBeRepaired.has(heading) ? ['Causes', '[Ff]ix', 'Do not'] : [];
      for (const label of [...wanted, ...more])
        expect(paragraphs.get(heading)).toMatch(new RegExp(`\\*\\*([^*]* )?${label}\\b`));
    },
  );

  test('leads nowhere that is not there', () => {
    const anchors = new Set(
      [...paragraphs.keys()].map((heading) => heading.toLowerCase().replaceAll(' ', '-')),
    );
    const links = [...page.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor = '']) => anchor);
    expect(links.filter((anchor) => !anchors.has(anchor))).toEqual([]);
  });
});
