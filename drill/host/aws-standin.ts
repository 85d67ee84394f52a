/**
 * The host's `aws` command: the calls that lib/host/link.sh makes, by the real SDK clients, to the stand-in cloud
 * (AWS_ENDPOINT_URL) with what its role gives it. It refuses everything else.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const [region, service, call, ...rest] = afterRegion(process.argv.slice(2));
const options = parseArgs({
  args: rest,
  options: {
    name: { type: 'string' },
    value: { type: 'string' },
    type: { type: 'string' },
    'secret-id': { type: 'string' },
    overwrite: { type: 'boolean' },
    query: { type: 'string' },
    output: { type: 'string' },
  },
}).values;

/** As the real command says it. */
const failed = ({ name, message }: Error): never => {
  const operation = call.replace(/(?:^|-)(.)/g, (_, letter: string) => letter.toUpperCase());
  process.stderr.write(`\nAn error occurred (${name}) when calling the ${operation} operation: ${message}\n`);
  process.exit(254);
};

const answer = await carryOut().catch(failed);
const shown = (options.query ?? '').split('.').reduce<unknown>((at, key) => {
  return key === '' ? at : (at as Record<string, unknown>)[key];
}, answer);
process.stdout.write(`${options.output === 'text' ? shown : JSON.stringify(shown, null, 4)}\n`);

async function carryOut(): Promise<unknown> {
  if (service === 'ssm') {
    const { SSMClient, GetParameterCommand, PutParameterCommand } = await import('@aws-sdk/client-ssm');
    const client = new SSMClient({ region });
    if (call === 'get-parameter') return client.send(new GetParameterCommand({ Name: options.name }));
    if (call === 'put-parameter') {
      const { name: Name, value = '', overwrite: Overwrite } = options;
      const Value = value.startsWith('file://') ? readFileSync(value.slice('file://'.length), 'utf8') : value;
      return client.send(new PutParameterCommand({ Name, Value, Overwrite, Type: 'String' }));
    }
  }
  if (service === 'secretsmanager' && call === 'get-secret-value') {
    const { SecretsManagerClient, GetSecretValueCommand } = await import('@aws-sdk/client-secrets-manager');
    const client = new SecretsManagerClient({ region });
    return client.send(new GetSecretValueCommand({ SecretId: options['secret-id'] }));
  }
  throw new Error(
    `the drill's stand-in does not know "aws ${service} ${call}"; add it to drill/host/aws-standin.ts`,
  );
}

function afterRegion(args: string[]): [string, string, string, ...string[]] {
  const [flag, name = '', first = '', second = '', ...others] = args;
  if (flag === '--region') return [name, first, second, ...others];
  process.stderr.write(`aws: expected --region first, got "${args.join(' ')}"\n`);
  process.exit(252);
}
