import { AwsError } from '../aws-error.ts';
import type { Service } from '../endpoint.ts';
import { type Assembly, checkProperties } from '../template.ts';
import type { Json } from '../values.ts';

/** The parameter store: its calls, and what it holds, by name. */
export interface Parameters {
  readonly operations: Service['operations'];
  readonly values: ReadonlyMap<string, string>;
  /** Deletes one, as a person does in the console. */
  forget(name: string): void;
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
  const declared = assembly.ofType('AWS::SSM::Parameter').map((resource): [string, string] => {
    checkProperties(resource, ['Name', 'Value', 'Type'], ['Description', 'Tags', 'Tier']);
    return [resource.ref, String(resource.properties.Value)];
  });
  const values = new Map([...declared, ...Object.entries(existing)]);
  const versions = new Map<string, number>();
  const encrypted = new Set<string>();
  const version = (name: string) => versions.get(name) ?? 1;
  const arn = (name: unknown) =>
    `arn:aws:ssm:${assembly.region}:${assembly.accountId}:parameter/${String(name).replace(/^\//, '')}`;
  return {
    values,
    forget: (name) => void values.delete(name),
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
