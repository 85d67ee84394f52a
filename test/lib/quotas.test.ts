import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { loadAssembly } from '../../drill/cloud/template.ts';
import { buildApp } from '../../lib/app.ts';
import type { Config } from '../../lib/config/schema.ts';
import { configOf, type Resource } from './templates.ts';

/** Names as long as they may be. */
function withServices(count: number): Config {
  const config = configOf('failover.yaml');
  const [first] = config.services;
  if (!first) throw new Error('no service');
  const services = Array.from({ length: count }, (_, at) => ({
    ...first,
    name: `${'a-long-name-of-a-service-no'.padEnd(28, 'x')}-${String(at).padStart(2, '0')}`,
    port: 8000 + at,
  }));
  return { ...config, services };
}

const bytes = (value: unknown) =>
  Buffer.byteLength(typeof value === 'string' ? value : JSON.stringify(value));

/** What AWS allows, as its pages "quotas" of each service say. */
describe.each([1, 7, 50])('%i services fit into', (count) => {
  const folder = mkdtempSync(join(tmpdir(), 'quotas-'));
  const config = withServices(count);
  const stacks = buildApp(config, { outdir: folder, context: { 'aws:cdk:bundling-stacks': [] } }).synth()
    .stacks;
  const assembly = loadAssembly(folder);
  afterAll(() => rmSync(folder, { recursive: true }));

  test('a template: 1 MB, 500 resources, 200 outputs', () => {
    for (const { template } of stacks) {
      expect(bytes(JSON.stringify(template, undefined, 1))).toBeLessThan(1_000_000);
      expect(Object.keys(template.Resources).length).toBeLessThanOrEqual(500);
      expect(Object.keys(template.Outputs).length).toBeLessThanOrEqual(200);
    }
  });

  test('the environment of a function: 4 KB', () => {
    const functions = assembly.ofType('AWS::Lambda::Function');
    expect(functions).toHaveLength(2);
    for (const { properties } of functions) {
      const { Variables } = properties.Environment as { Variables: Record<string, string> };
      expect(
        Object.entries(Variables)
          .flat()
          .map(bytes)
          .reduce((sum, one) => sum + one, 0),
      ).toBeLessThan(4096);
    }
  });

  test('the inline policies of a role: 10,240 characters', () => {
    const policies = assembly.ofType('AWS::IAM::Policy');
    expect(policies.length).toBeGreaterThan(2);
    for (const { properties } of policies) expect(bytes(properties.PolicyDocument)).toBeLessThan(10_240);
  });

  test('a pattern of an event: 2,048 characters', () => {
    const patterns = assembly
      .ofType('AWS::Events::Rule')
      .flatMap(({ properties }) => properties.EventPattern ?? []);
    expect(patterns.length).toBeGreaterThan(1);
    for (const pattern of patterns) expect(bytes(pattern)).toBeLessThan(2048);
  });

  test('a document of Systems Manager: 64 KB, and each its own', () => {
    const documents = assembly.ofType('AWS::SSM::Document');
    expect(new Set(documents.map(({ ref }) => ref)).size).toBe(count);
    for (const { properties } of documents) expect(bytes(properties.Content)).toBeLessThan(65_536);
  });

  test('a security group: 60 rules', () => {
    const resources = stacks.flatMap(({ template }) => Object.values<Resource>(template.Resources));
    const groups = resources.filter(({ Type }) => Type === 'AWS::EC2::SecurityGroup');
    expect(groups).toHaveLength(1);
    for (const { Properties } of groups)
      expect((Properties.SecurityGroupIngress as unknown[]).length).toBeLessThanOrEqual(60);
  });
});
