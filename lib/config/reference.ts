import { toJsonSchema } from '@valibot/to-json-schema';
import { schema } from './schema.ts';

/** What is generated from the schema. `npm run docs` writes it; a test fails on drift. */

type Node = {
  type?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  pattern?: string;
  minimum?: number;
  maximum?: number;
  items?: Node;
  properties?: Record<string, Node>;
  required?: string[];
};

export function jsonSchema(): string {
  // Rules across several keys have no counterpart there; synth checks them.
  const generated = toJsonSchema(schema, { errorMode: 'ignore', typeMode: 'input' });
  return `${JSON.stringify({ title: 'failover.yaml', ...generated }, null, 2)}\n`;
}

export function markdown(): string {
  const root = JSON.parse(jsonSchema()) as Node;
  return [
    '# Configuration',
    '',
    '`failover.yaml` is the one file that is yours. `npx cdk synth` checks it and stops with one line that names the key, the value received and what was expected. Another file: `npx cdk synth -c config=path/to/file.yaml`; [examples](examples/).',
    '',
    'Generated from `lib/config/schema.ts` by `npm run docs`.',
    '',
    '| key | type | default | meaning |',
    '|---|---|---|---|',
    ...rows(root, ''),
    '',
  ].join('\n');
}

function rows({ properties = {}, required = [] }: Node, prefix: string): string[] {
  return Object.entries(properties).flatMap(([name, node]) => {
    const key = `${prefix}${name}`;
    const fallback = node.properties ? '' : defaultOf(node, required.includes(name));
    const row = `| \`${key}\` | ${typeOf(node)} | ${fallback} | ${node.description ?? ''} |`;
    const inner = node.items?.properties ? rows(node.items, `${key}[].`) : rows(node, `${key}.`);
    return [row, ...inner];
  });
}

function typeOf(node: Node): string {
  if (node.enum) return node.enum.map((value) => `\`${value}\``).join(' or ');
  if (node.type === 'array') return `list of ${node.items?.properties ? 'entries' : `${node.items?.type}s`}`;
  if (node.minimum !== undefined) return `${node.minimum}–${node.maximum}`;
  return node.type === 'object' ? 'section' : (node.type ?? '');
}

function defaultOf(node: Node, required: boolean): string {
  if (node.default === undefined) return required ? 'required' : '';
  return `\`${JSON.stringify(node.default)}\``;
}
