import { DrillError } from '../../kit/errors.ts';
import type { FunctionSettings } from '../function-settings.ts';
import type { Functions } from '../functions.ts';
import { type Assembly, checkProperties, type Resource } from '../template.ts';
import { asNumber, asObject, asString } from '../values.ts';

/** A route of the HTTP API: what it matches, and the function behind it. */
export interface Route {
  /** As declared, such as `POST /failover`. */
  readonly key: string;
  readonly target: FunctionSettings;
  readonly timeoutSeconds: number;
  /** The path's variables if it matches, else undefined. */
  match(method: string, path: string): Record<string, string> | undefined;
}

/** The HTTP API of an assembly. */
export interface HttpApi {
  readonly id: string;
  /** `''` for the `$default` stage, else `/name`. */
  readonly basePath: string;
  readonly stage: string;
  readonly routes: readonly Route[];
  /** Requests per second and in a burst; undefined if only the account's limit counts. */
  readonly throttle: { readonly rate: number; readonly burst: number } | undefined;
}

/**
 * Reads the one HTTP API of the assembly.
 * @throws DrillError if there is not exactly one, or a route needs what the drill does not serve
 */
export function readHttpApi(assembly: Assembly, functions: Functions): HttpApi {
  const [api, ...others] = assembly.ofType('AWS::ApiGatewayV2::Api');
  if (!api || others.length > 0) {
    throw new DrillError(
      `the assembly has ${others.length + (api ? 1 : 0)} HTTP APIs, but the drill needs exactly one; correct it in lib/`,
    );
  }
  checkProperties(
    api,
    ['Name', 'ProtocolType'],
    ['Description', 'DisableExecuteApiEndpoint', 'Tags', 'IpAddressType'],
  );
  const [stage] = assembly.ofType('AWS::ApiGatewayV2::Stage');
  if (!stage) throw new DrillError('the HTTP API has no stage; give it one in lib/');
  checkProperties(
    stage,
    ['ApiId', 'StageName', 'AutoDeploy', 'DefaultRouteSettings'],
    ['AccessLogSettings', 'Description', 'Tags'],
  );
  const integrations = assembly.ofType('AWS::ApiGatewayV2::Integration');
  const routes = assembly
    .ofType('AWS::ApiGatewayV2::Route')
    .map((route) => readRoute(route, integrations, functions));
  return {
    id: api.ref,
    stage: stage.ref,
    basePath: stage.ref === '$default' ? '' : `/${stage.ref}`,
    // As on AWS, the most specific route wins: no variables before variables, and $default last.
    routes: routes.sort((left, right) => vagueness(left.key) - vagueness(right.key)),
    throttle: readThrottle(stage),
  };
}

function vagueness(key: string): number {
  if (key === '$default') return 3;
  if (key.includes('+}')) return 2;
  return key.includes('{') ? 1 : 0;
}

function readThrottle(stage: Resource): HttpApi['throttle'] {
  const settings = asObject(stage.properties.DefaultRouteSettings ?? {}, 'DefaultRouteSettings');
  const { ThrottlingRateLimit, ThrottlingBurstLimit } = settings;
  if (ThrottlingRateLimit === undefined && ThrottlingBurstLimit === undefined) return undefined;
  return {
    rate: asNumber(ThrottlingRateLimit, 'ThrottlingRateLimit'),
    burst: asNumber(ThrottlingBurstLimit, 'ThrottlingBurstLimit'),
  };
}

function readRoute(route: Resource, integrations: readonly Resource[], functions: Functions): Route {
  checkProperties(route, ['ApiId', 'RouteKey', 'Target', 'AuthorizationType'], ['OperationName']);
  const { RouteKey, Target, AuthorizationType } = route.properties;
  const key = asString(RouteKey, `the key of ${route.id}`);
  if (AuthorizationType !== undefined && AuthorizationType !== 'NONE') {
    throw new DrillError(
      `the route ${key} wants the authorization ${String(AuthorizationType)}, which the drill does not serve; correct it in lib/`,
    );
  }
  const integration = integrations.find(({ ref }) => Target === `integrations/${ref}`);
  if (!integration)
    throw new DrillError(
      `the route ${key} has the target ${String(Target)}, which is no integration; correct it in lib/`,
    );
  checkProperties(
    integration,
    ['ApiId', 'IntegrationType', 'IntegrationUri', 'PayloadFormatVersion', 'TimeoutInMillis'],
    ['Description', 'IntegrationMethod', 'ConnectionType'],
  );
  const { IntegrationType, PayloadFormatVersion, TimeoutInMillis } = integration.properties;
  if (IntegrationType !== 'AWS_PROXY' || PayloadFormatVersion !== '2.0') {
    throw new DrillError(
      `the route ${key} has an integration ${String(IntegrationType)} ${String(PayloadFormatVersion)}; the drill serves AWS_PROXY with payload format 2.0`,
    );
  }
  return {
    key,
    match: matcher(key),
    target: integrationTarget(integration, functions),
    timeoutSeconds: asNumber(TimeoutInMillis ?? 30_000, `the timeout of ${key}`) / 1000,
  };
}

/** The target is a function's ARN, bare or inside API Gateway's own invocation URI. */
function integrationTarget(integration: Resource, functions: Functions): FunctionSettings {
  const uri = asString(integration.properties.IntegrationUri, `the target of ${integration.id}`);
  const arn = /:path\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(uri)?.[1] ?? uri;
  const target = functions.find(arn);
  if (target) return target;
  throw new DrillError(
    `${integration.stack}/${integration.id} points to ${uri}, which is no function of the assembly`,
  );
}

function matcher(key: string): Route['match'] {
  if (key === '$default') return () => ({});
  const [method = '', path = ''] = key.split(' ');
  const names: string[] = [];
  const pattern = path
    .replace(/[.*?^$()|[\]\\]/g, '\\$&')
    .replace(/\{(\w+)(\+?)\}/g, (_whole, name: string, greedy: string) => {
      names.push(name);
      return greedy ? '(.+)' : '([^/]+)';
    });
  const expression = new RegExp(`^${pattern}$`);
  return (requested, at) => {
    if (method !== 'ANY' && method !== requested) return undefined;
    const found = expression.exec(at);
    return found
      ? Object.fromEntries(names.map((name, index) => [name, decodeURIComponent(found[index + 1] ?? '')]))
      : undefined;
  };
}
