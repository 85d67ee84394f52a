import { AwsError } from '../aws-error.ts';
import type { Service } from '../endpoint.ts';
import { type Assembly, checkProperties } from '../template.ts';
import type { Json } from '../values.ts';

/** The parameter store: its calls, and what it holds, by name. */
export interface Parameters {
  readonly operations: Service['operations'];
  readonly values: ReadonlyMap<string, string>;
  /** Writes one, as a person or a deployment does. */
  put(name: string, value: string): void;
  /** Deletes one, as a person does in the console. */
  forget(name: string): void;
  /** As CloudFormation updates them. */
  redeploy(assembly: Assembly): void;
}

/** Of a standard parameter, in characters. */
const LONGEST_VALUE = 4096;

/**
 * Stores the parameters of the assembly.
 * @param existing what people have put into them since: values by name
 */
export function createParameters(
  assembly: Assembly,
  existing: Readonly<Record<string, string>> = {},
): Parameters {
  let declared = declaredIn(assembly);
  const values = new Map([
    ...[...declared].map(([name, { value }]) => [name, value] as const),
    ...Object.entries(existing),
  ]);
  const versions = new Map<string, number>();
  const encrypted = new Set<string>();
  const version = (name: string) => versions.get(name) ?? 1;
  const arn = (name: unknown) =>
    `arn:aws:ssm:${assembly.region}:${assembly.accountId}:parameter/${String(name).replace(/^\//, '')}`;
  return {
    values,
    put(name, value) {
      values.set(name, value);
      versions.set(name, version(name) + 1);
    },
    forget: (name) => void values.delete(name),
    redeploy(next) {
      const wanted = declaredIn(next);
      for (const name of declared.keys()) if (!wanted.has(name)) values.delete(name);
      for (const [name, { value, text }] of wanted) {
        // Whatever was put there since: CloudFormation writes all of it or nothing.
        if (declared.get(name)?.text === text) continue;
        values.set(name, value);
        versions.set(name, version(name) + 1);
      }
      declared = wanted;
    },
    operations: {
      GetParameter: {
        resources: ({ Name }) => [arn(Name)],
        run({ Name, WithDecryption }) {
          const value = values.get(String(Name));
          // Its message is empty on AWS too.
          if (value === undefined) throw new AwsError('ParameterNotFound', '');
          return { Parameter: parameter(String(Name), value, WithDecryption === true) };
        },
      },
      PutParameter: {
        resources: ({ Name }) => [arn(Name)],
        run(input) {
          const { name, value } = checked(input, values);
          values.set(name, value);
          if (input.Type === 'SecureString') encrypted.add(name);
          versions.set(name, version(name) + 1);
          return { Version: version(name), Tier: 'Standard' };
        },
      },
    },
  };

  function parameter(Name: string, value: string, decrypts: boolean): Json {
    const isSecure = encrypted.has(Name);
    // What AWS answers of one that is not decrypted is of no use to anybody.
    const Value = isSecure && !decrypts ? Buffer.from(value).toString('base64') : value;
    const Type = isSecure ? 'SecureString' : 'String';
    return { Name, Value, Type, Version: version(Name), ARN: arn(Name), DataType: 'text' };
  }
}

function declaredIn(assembly: Assembly) {
  return new Map(
    assembly.ofType('AWS::SSM::Parameter').map((resource) => {
      checkProperties(resource, ['Name', 'Value', 'Type'], ['Description', 'Tags', 'Tier']);
      const { properties, ref } = resource;
      return [ref, { value: String(properties.Value), text: JSON.stringify(properties) }] as const;
    }),
  );
}

function checked({ Name, Value, Type, Overwrite }: Json, values: ReadonlyMap<string, string>) {
  if (typeof Name !== 'string' || typeof Value !== 'string' || Value === '')
    throw new AwsError('ValidationException', 'a parameter needs a name and a value');
  if (Value.length > LONGEST_VALUE)
    throw new AwsError(
      'ValidationException',
      `Standard tier parameters support a maximum parameter value of ${LONGEST_VALUE} characters.`,
    );
  if (Type !== undefined && Type !== 'String' && Type !== 'SecureString')
    throw new AwsError(
      'UnsupportedParameterType',
      `the drill stores String and SecureString, not ${String(Type)}`,
    );
  if (values.has(Name) && Overwrite !== true)
    throw new AwsError(
      'ParameterAlreadyExists',
      'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.',
    );
  return { name: Name, value: Value };
}
