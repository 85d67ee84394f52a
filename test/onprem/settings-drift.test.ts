import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { repository } from './site.ts';

const read = (path: string) => readFileSync(`${repository}${path}`, 'utf8');
const names = (text: string, pattern: RegExp) =>
  [...new Set([...text.matchAll(pattern)].map(([, name]) => name))].sort();

type Service = { environment?: Record<string, string> };
const compose: { services: Record<string, Service> } = parse(read('onprem/compose.yaml'), { merge: true });
const given = (service: string) => Object.keys(compose.services[service]?.environment ?? {}).sort();

/** Of Compose itself, which finds these in .env and needs no mention of them in its file. */
const ofCompose = /^#?COMPOSE_(PROJECT_NAME|PROFILES)=.+$/gm;
const example = read('onprem/.env.example').replace(ofCompose, '');

describe('a variable is in every place that has to know it, and in no other', () => {
  test('.env.example lists what compose.yaml reads', () => {
    const listed = names(example, /^#?([A-Z][A-Z0-9_]*)=/gm);
    expect(listed).toEqual(names(read('onprem/compose.yaml'), /\$\{([A-Z][A-Z0-9_]*)/g));
  });

  test('.env.example gives the defaults of compose.yaml', () => {
    const defaults = names(read('onprem/compose.yaml'), /\$\{([A-Z0-9_]+:-[^}]*)\}/g).map((it) =>
      it?.replace(':-', '='),
    );
    const shown = names(example, /^#([A-Z][A-Z0-9_]*=.*)$/gm);
    // A variable that is tested for presence, and used with an empty default, appears once.
    expect(shown).toEqual(defaults);
  });

  test('what is required has an example, and is required by compose.yaml', () => {
    const required = names(read('onprem/compose.yaml'), /\$\{([A-Z0-9_]+):\?/g);
    expect(names(example, /^([A-Z][A-Z0-9_]*)=./gm)).toEqual(required);
  });

  test('HAProxy presets what compose.yaml gives it', () => {
    expect(names(read('onprem/haproxy/haproxy.cfg'), /presetenv (\w+)/g)).toEqual(given('haproxy'));
    expect(names(read('onprem/haproxy/haproxy.cfg'), /\$\{(\w+)\}/g)).toEqual(given('haproxy'));
    const inLua = names(read('onprem/haproxy/parking.lua'), /setting\('(\w+)'\)/g);
    expect(given('haproxy')).toEqual(expect.arrayContaining(inLua));
  });

  test.each(['prometheus', 'alertmanager'])('%s renders what compose.yaml gives it', (service) => {
    expect(names(read(`monitoring/${service}.yml`), /# \$\{(\w+)[-?]?\}$/gm)).toEqual(given(service));
  });
});
