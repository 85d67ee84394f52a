import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { CommandFailed, type ServedCommand } from './served-commands.ts';

/**
 * The host's `aws` command: the calls that lib/host/link.sh makes, by the real SDK clients, to the stand-in cloud
 * with what its role gives it. It refuses everything else.
 * @param env of the host at the time of a call: AWS_ENDPOINT_URL and the credentials
 */
export function awsStandin(env: Readonly<Record<string, string>>): ServedCommand {
  return async (args) => {
    const [flag, region = '', service = '', call = '', ...rest] = args;
    if (flag !== '--region')
      throw new CommandFailed(`aws: expected --region first, got "${args.join(' ')}"`, 252);
    const options = parseArgs({
      args: rest,
      options: {
        name: { type: 'string' },
        value: { type: 'string' },
        type: { type: 'string' },
        'secret-id': { type: 'string' },
        description: { type: 'string' },
        overwrite: { type: 'boolean' },
        'with-decryption': { type: 'boolean' },
        query: { type: 'string' },
        output: { type: 'string' },
      },
    }).values;
    const known = calls[`${service} ${call}`];
    if (!known)
      throw new CommandFailed(
        `the drill's stand-in does not know "aws ${service} ${call}"; add it to drill/host/aws-standin.ts`,
      );
    const answer = await known(clientSettings(region, env), options).catch((error: Error) => {
      const operation = call.replace(/(?:^|-)(.)/g, (_, letter: string) => letter.toUpperCase());
      // As the real command says it.
      throw new CommandFailed(
        `\nAn error occurred (${error.name}) when calling the ${operation} operation: ${error.message}`,
        254,
      );
    });
    const shown = (options.query ?? '').split('.').reduce<unknown>((at, key) => {
      return key === '' ? at : (at as Record<string, unknown>)[key];
    }, answer);
    return `${options.output === 'text' ? shown : JSON.stringify(shown, null, 4)}\n`;
  };
}

interface CallOptions {
  readonly name?: string | undefined;
  readonly value?: string | undefined;
  readonly type?: string | undefined;
  readonly 'with-decryption'?: boolean | undefined;
  readonly overwrite?: boolean | undefined;
  readonly 'secret-id'?: string | undefined;
}

type ClientSettings = ReturnType<typeof clientSettings>;

const calls: Record<string, (settings: ClientSettings, options: CallOptions) => Promise<unknown>> = {
  async 'ssm get-parameter'(settings, { name: Name, 'with-decryption': WithDecryption }) {
    const { SSMClient, GetParameterCommand } = await import('@aws-sdk/client-ssm');
    return new SSMClient(settings).send(new GetParameterCommand({ Name, WithDecryption }));
  },
  async 'ssm put-parameter'(settings, { name: Name, value = '', type, overwrite: Overwrite }) {
    const { SSMClient, PutParameterCommand } = await import('@aws-sdk/client-ssm');
    const Value = value.startsWith('file://') ? readFileSync(value.slice('file://'.length), 'utf8') : value;
    const Type = type === 'SecureString' ? type : 'String';
    return new SSMClient(settings).send(new PutParameterCommand({ Name, Value, Overwrite, Type }));
  },
  async 'secretsmanager get-secret-value'(settings, { 'secret-id': SecretId }) {
    const { SecretsManagerClient, GetSecretValueCommand } = await import('@aws-sdk/client-secrets-manager');
    return new SecretsManagerClient(settings).send(new GetSecretValueCommand({ SecretId }));
  },
};

/** The host's own: whoever runs the drill may have credentials too. */
function clientSettings(region: string, env: Readonly<Record<string, string>>) {
  const { AWS_ENDPOINT_URL: endpoint, AWS_ACCESS_KEY_ID: accessKeyId = '' } = env;
  if (endpoint === undefined)
    throw new CommandFailed('Unable to locate credentials: the drill has given this host no role', 253);
  const { AWS_SECRET_ACCESS_KEY: secretAccessKey = '', AWS_SESSION_TOKEN: sessionToken } = env;
  return {
    region,
    endpoint,
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) },
  };
}
