import type { FunctionSettings } from './function-settings.ts';
import type { Caller } from './iam/request.ts';

function roleName({ roleArn }: FunctionSettings): string {
  return roleArn.replace(/^.*\//, '');
}

/** The key names the role, so that each call says whose it is. */
export function accessKeyOf(settings: FunctionSettings): string {
  return `${roleName(settings)}.${settings.id}`;
}

/** Who a function is to the services it calls. */
export function callerOf(settings: FunctionSettings, accountId: string): Caller {
  const role = roleName(settings);
  return { kind: 'role', arn: `arn:aws:sts::${accountId}:assumed-role/${role}/${settings.name}`, role };
}

/** The variables that every SDK client reads. */
export function credentials(
  accessKeyId: string,
  region: string,
  endpointUrl: string,
  sessionToken = 'drill',
): Record<string, string> {
  return {
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ENDPOINT_URL: endpointUrl,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: 'drill',
    AWS_SESSION_TOKEN: sessionToken,
  };
}

/** What Lambda's own runtime adds to the environment of a function. @param sandbox the sandbox's id */
export function sandboxEnvironment(
  settings: FunctionSettings,
  sandbox: string,
  region: string,
  endpointUrl: string,
): Record<string, string> {
  return {
    ...credentials(accessKeyOf(settings), region, endpointUrl, sandbox),
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(settings.memoryMb),
    AWS_LAMBDA_FUNCTION_NAME: settings.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${settings.name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: 'drill',
    LAMBDA_TASK_ROOT: settings.codeFolder,
    LANG: 'en_US.UTF-8',
    PATH: '/usr/local/bin:/usr/bin:/bin',
    TZ: ':UTC',
    _HANDLER: settings.handler,
  };
}
