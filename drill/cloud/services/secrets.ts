import { randomInt, randomUUID } from 'node:crypto';
import { AwsError } from '../aws-error.ts';
import type { Service } from '../endpoint.ts';
import { type Assembly, checkProperties, type Resource } from '../template.ts';
import { asNumber, asObject, type Json } from '../values.ts';

/** The Secrets Manager stand-in, with the values it generated. */
export interface Secrets {
  readonly service: Service;
  /** Secret strings by ARN. */
  readonly values: ReadonlyMap<string, string>;
}

interface Secret {
  readonly arn: string;
  readonly name: string;
  readonly value: string;
  readonly versionId: string;
  readonly createdAt: number;
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const DIGITS = '0123456789';
const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';

/**
 * Generates every secret of the assembly as Secrets Manager would.
 * @param existing secrets besides those of the assembly: values by ARN
 */
export function createSecrets(assembly: Assembly, existing: Readonly<Record<string, string>> = {}): Secrets {
  const secrets = [
    ...assembly.ofType('AWS::SecretsManager::Secret').map(readSecret),
    ...Object.entries(existing).map(([arn, value]) => withValue(arn, value)),
  ];
  const find = (id: unknown) => secrets.find((secret) => secret.arn === id || secret.name === id);
  const found = (input: Json): Secret => {
    const secret = find(input.SecretId);
    if (secret) return secret;
    throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
  };
  return {
    values: new Map(secrets.map(({ arn, value }) => [arn, value])),
    service: {
      operations: {
        GetSecretValue: {
          resources: ({ SecretId }) => [find(SecretId)?.arn ?? String(SecretId)],
          run(input) {
            const { arn, name, value, versionId, createdAt } = found(input);
            return {
              ARN: arn,
              Name: name,
              SecretString: value,
              VersionId: versionId,
              VersionStages: ['AWSCURRENT'],
              CreatedDate: createdAt / 1000,
            };
          },
        },
      },
    },
  };
}

function readSecret(resource: Resource): Secret {
  checkProperties(
    resource,
    ['GenerateSecretString', 'SecretString', 'Name'],
    ['Description', 'Tags', 'KmsKeyId'],
  );
  const { GenerateSecretString, SecretString } = resource.properties;
  const where = `${resource.stack}/${resource.id}`;
  if (typeof SecretString === 'string') return withValue(resource.ref, SecretString);
  return withValue(resource.ref, generate(asObject(GenerateSecretString ?? {}, where)));
}

function withValue(arn: string, value: string): Secret {
  const name = /:secret:(.*)-.{6}$/.exec(arn)?.[1] ?? arn;
  return { arn, name, value, versionId: randomUUID(), createdAt: Date.now() };
}

function generate(rules: Json): string {
  const password = randomText(alphabet(rules), asNumber(rules.PasswordLength ?? 32, 'PasswordLength'));
  const template = rules.SecretStringTemplate;
  if (typeof template !== 'string') return password;
  return JSON.stringify({ ...JSON.parse(template), [String(rules.GenerateStringKey)]: password });
}

function alphabet(rules: Json): string {
  const all = [
    rules.ExcludeLowercase ? '' : LETTERS,
    rules.ExcludeUppercase ? '' : LETTERS.toUpperCase(),
    rules.ExcludeNumbers ? '' : DIGITS,
    rules.ExcludePunctuation ? '' : PUNCTUATION,
    rules.IncludeSpace ? ' ' : '',
  ].join('');
  const excluded = String(rules.ExcludeCharacters ?? '');
  return [...all].filter((character) => !excluded.includes(character)).join('');
}

function randomText(characters: string, length: number): string {
  return Array.from({ length }, () => characters[randomInt(characters.length)]).join('');
}
