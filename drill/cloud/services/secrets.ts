import { randomInt, randomUUID } from 'node:crypto';
import { AwsError } from '../aws-error.ts';
import type { Operation, Service } from '../endpoint.ts';
import { type Assembly, checkProperties, type Resource } from '../template.ts';
import { asList, asNumber, asObject, asString, type Json } from '../values.ts';
import { createVersions, type Versions } from './secret-versions.ts';

/** The Secrets Manager stand-in, with the values it generated. */
export interface Secrets {
  readonly service: Service;
  /** Secret strings that are current now, by ARN. */
  values(): ReadonlyMap<string, string>;
  /** Makes those that are new; what is there keeps its value. */
  redeploy(assembly: Assembly): void;
  /** As a person does in the console: a new value, or a secret that was not there. */
  put(arn: string, value: string): void;
}

interface Secret {
  readonly arn: string;
  readonly name: string;
  readonly versions: Versions;
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
  const onOne = (run: (secret: Secret, input: Json) => Json): Operation => ({
    resources: ({ SecretId }) => [find(SecretId)?.arn ?? String(SecretId)],
    run(input) {
      const secret = found(input);
      return { ARN: secret.arn, Name: secret.name, ...run(secret, input) };
    },
  });
  return {
    redeploy(next) {
      for (const resource of next.ofType('AWS::SecretsManager::Secret'))
        if (!find(resource.ref)) secrets.push(readSecret(resource));
    },
    put(arn, value) {
      const secret = find(arn);
      if (secret) secret.versions.put(value, randomUUID(), undefined);
      else secrets.push(withValue(arn, value));
    },
    values: () => new Map(secrets.map(({ arn, versions }) => [arn, versions.find({}).value])),
    service: {
      operations: {
        GetSecretValue: onOne(({ versions }, { VersionId: id, VersionStage: label }) => {
          const version = versions.find({ id, label });
          return {
            SecretString: version.value,
            VersionId: version.id,
            VersionStages: [...version.labels],
            CreatedDate: version.createdAt / 1000,
          };
        }),
        PutSecretValue: onOne(({ versions }, { SecretString, ClientRequestToken, VersionStages }) => {
          const labels =
            VersionStages === undefined ? undefined : asList(VersionStages, 'VersionStages').map(String);
          const id = String(ClientRequestToken ?? randomUUID());
          const version = versions.put(asString(SecretString, 'SecretString'), id, labels);
          return { VersionId: version.id, VersionStages: [...version.labels] };
        }),
        UpdateSecretVersionStage: onOne(
          ({ versions }, { VersionStage, RemoveFromVersionId, MoveToVersionId }) => {
            versions.relabel(asString(VersionStage, 'VersionStage'), RemoveFromVersionId, MoveToVersionId);
            return {};
          },
        ),
        DescribeSecret: onOne(({ versions }) => ({
          VersionIdsToStages: Object.fromEntries(versions.all().map(({ id, labels }) => [id, [...labels]])),
        })),
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
  return { arn, name, versions: createVersions(value) };
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
