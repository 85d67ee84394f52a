import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { CloudFormationStackArtifact } from 'aws-cdk-lib/cx-api';
import { buildApp } from '../../lib/app.ts';
import { loadConfig } from '../../lib/config/load.ts';
import type { Config } from '../../lib/config/schema.ts';

export type Resource = { readonly Type: string; readonly Properties: Record<string, unknown> };
export type Statement = {
  readonly Effect: 'Allow' | 'Deny';
  readonly Principal?: unknown;
  readonly Action: string | readonly string[];
  readonly Resource?: unknown;
  readonly Condition?: Readonly<Record<string, unknown>>;
};

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** Every configuration that is shipped. */
export const configs = [
  'failover.yaml',
  ...readdirSync(`${repository}docs/examples`).map((name) => `docs/examples/${name}`),
];

export const configOf = (file: string): Config => loadConfig(`${repository}${file}`);

/** Without bundling: for tests that are about the templates. */
export const appOf = (config: Config) => buildApp(config, { context: { 'aws:cdk:bundling-stacks': [] } });

/** All resources of all stacks, by stack and logical id. */
export function resourcesOf(config: Config): Map<string, Resource> {
  const { stacks } = appOf(config).synth();
  return new Map(
    stacks.flatMap(({ id, template }: CloudFormationStackArtifact) =>
      Object.entries(template.Resources as Record<string, Resource>).map(
        ([name, resource]) =>
          [`${id}/${name}`, { ...resource, Properties: resource.Properties ?? {} }] as const,
      ),
    ),
  );
}

export const ofType = (resources: ReadonlyMap<string, Resource>, type: string) =>
  [...resources.values()].filter(({ Type }) => Type === type).map(({ Properties }) => Properties);

/** Every policy document anywhere in a resource, whatever the property is called. */
export function documentsIn(value: unknown): Statement[][] {
  if (typeof value !== 'object' || value === null) return [];
  const { Statement } = value as { Statement?: unknown };
  if (Array.isArray(Statement)) return [Statement as Statement[]];
  return Object.values(value).flatMap(documentsIn);
}
