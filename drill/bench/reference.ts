import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Document, isMap, parseDocument, YAMLMap, type YAMLSeq } from 'yaml';
import { DrillError } from '../kit/errors.ts';
import type { SiteVariation } from '../site/site.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** The intervals of the reference blueprint. */
const referenceIntervals = {
  scrape: '15s',
  evaluation: '1m',
  for: '15s',
  groupWait: '10s',
  haproxyCheck: 'inter 2s fall 2 rise 2',
} as const;

/**
 * Writes the shipped configs once more, with the reference blueprint's intervals and otherwise unchanged.
 * @throws DrillError if a shipped file has nothing to change where something was expected
 */
export function writeReference(folder: string): SiteVariation {
  const haproxy = join(folder, 'haproxy');
  const rules = join(folder, 'rules');
  cpSync(join(repository, 'onprem/haproxy'), haproxy, { recursive: true });
  mkdirSync(rules, { recursive: true });
  const rewrite = (source: string, target: string, change: (text: string) => string) =>
    writeFileSync(target, change(readFileSync(join(repository, source), 'utf8')));
  const haproxyFile = join(haproxy, 'haproxy.cfg');
  const prometheusFile = join(folder, 'prometheus.yml');
  const alertmanagerFile = join(folder, 'alertmanager.yml');
  rewrite('onprem/haproxy/haproxy.cfg', haproxyFile, slowChecks);
  rewrite('monitoring/prometheus.yml', prometheusFile, slowScrapes);
  rewrite('monitoring/alertmanager.yml', alertmanagerFile, slowGroups);
  for (const name of readdirSync(join(repository, 'monitoring/rules')))
    rewrite(`monitoring/rules/${name}`, join(rules, name), slowRules);
  return {
    environment: { PROMETHEUS_RULES: join(rules, '*.yml') },
    files: {
      'haproxy.cfg': haproxyFile,
      'prometheus.yml': prometheusFile,
      'alertmanager.yml': alertmanagerFile,
    },
  };
}

/** Checks at the blueprint's pace, and no marking down by live traffic. All other options stay. */
export function slowChecks(text: string): string {
  const lines = text.split('\n').map((line) => (/^ *server /.test(line) ? slowCheck(line) : line));
  if (lines.filter((line) => line.includes(referenceIntervals.haproxyCheck)).length !== 2)
    throw new DrillError(
      'onprem/haproxy/haproxy.cfg: expected two servers with "inter", one for each site; correct drill/bench/reference.ts',
    );
  return lines.join('\n');
}

function slowCheck(line: string): string {
  return line
    .replace(/ (fastinter|downinter|fall|rise|observe|error-limit|on-error) \S+/g, '')
    .replace(/ inter \S+/, ` ${referenceIntervals.haproxyCheck}`);
}

export function slowScrapes(text: string): string {
  return edited(text, (document) => {
    document.setIn(['global', 'scrape_interval'], referenceIntervals.scrape);
    document.setIn(['global', 'evaluation_interval'], referenceIntervals.evaluation);
    for (const job of maps(document, 'scrape_configs')) {
      job.delete('scrape_interval');
      job.delete('scrape_timeout');
    }
  });
}

export function slowGroups(text: string): string {
  return edited(text, (document) => {
    for (const route of maps(document, 'route', 'routes'))
      if (route.get('receiver') === 'failover') route.set('group_wait', referenceIntervals.groupWait);
  });
}

/** What looks back over two seconds would find nothing between two scrapes: it looks back over two of them. */
export function slowRules(text: string): string {
  const stretched = text.replaceAll('[2s]', '[30s]');
  return edited(stretched, (document) => {
    for (const group of maps(document, 'groups')) {
      group.delete('interval');
      const rules = group.get('rules') as YAMLSeq | undefined;
      for (const rule of rules?.items ?? []) {
        if (rule instanceof YAMLMap && rule.get('alert') === 'PrimaryDown')
          rule.set('for', referenceIntervals.for);
      }
    }
  });
}

/** Comments stay: those that name a variable mean something. */
function edited(text: string, edit: (document: Document) => void): string {
  const document = parseDocument(text);
  edit(document);
  return document.toString({ lineWidth: 0 });
}

function maps(document: Document, ...path: string[]): YAMLMap[] {
  const list = document.getIn(path) as YAMLSeq | undefined;
  return (list?.items ?? []).filter((item) => isMap(item));
}
