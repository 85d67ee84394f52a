import { createDeliveries, type Deliveries } from './deliveries.ts';
import type { Service } from './endpoint.ts';
import type { FaultGate } from './faults.ts';
import { type FunctionSettings, readFunctions } from './function-settings.ts';
import { createFunctions, type Functions } from './functions.ts';
import type { Tell } from './happenings.ts';
import { createIam, type Iam } from './iam/index.ts';
import type { Authorize } from './iam/request.ts';
import type { Background, Latencies } from './latencies.ts';
import { createEcr } from './services/ecr.ts';
import { createLambda } from './services/lambda.ts';
import { type HttpApi, readHttpApi } from './services/routes.ts';
import { createSns, type Sns } from './services/sns.ts';
import type { Assembly } from './template.ts';

/** What a deployment brings anew. All else outlives it. */
export interface Deployed extends Deliveries {
  readonly assembly: Assembly;
  readonly iam: Iam;
  readonly functions: Functions;
  readonly sns: Sns;
  readonly api: HttpApi;
  readonly services: Readonly<Record<'ecr' | 'lambda' | 'sns', Service>>;
}

interface Options {
  readonly workDir: string;
  readonly smtpPort: number;
  readonly latencies: Latencies;
  readonly background: Background;
  readonly gate: FaultGate;
  readonly tell: Tell;
  /** Decides in place of the assemblies' policies. */
  readonly authorize?: Authorize;
  environment(settings: FunctionSettings, sandbox: string): Record<string, string>;
}

/** @returns what makes of an assembly all that a deployment brings anew; it remembers the versions of functions */
export function deployments(options: Options): (assembly: Assembly) => Deployed {
  const { workDir, smtpPort, latencies, background, gate, tell, environment } = options;
  const published = new Map<string, FunctionSettings>();
  return (assembly) => {
    for (const { ref } of assembly.ofType('AWS::Lambda::Version')) {
      const settings = readFunctions(assembly).find(({ arn }) => ref.startsWith(`${arn}:`));
      if (settings && !published.has(ref)) published.set(ref, settings);
    }
    const iam = createIam(assembly, tell, options.authorize);
    const { authorize } = iam;
    const functions = createFunctions(assembly, published, workDir, environment, authorize, tell);
    const sns = createSns(assembly, smtpPort, latencies.mailSeconds, background, tell);
    const { publish } = sns;
    const common = { assembly, functions, background, latencies, authorize, gate, publish, tell };
    const deliveries = createDeliveries(common);
    const services = {
      ecr: createEcr(assembly),
      lambda: createLambda(functions, deliveries.invokeAsync),
      sns: sns.service,
    };
    const api = readHttpApi(assembly, functions);
    return { assembly, iam, functions, sns, ...deliveries, api, services };
  };
}
