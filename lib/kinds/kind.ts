import type { EventPattern } from 'aws-cdk-lib/aws-events';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { ServiceSettings } from '../../lambda/contract/settings.ts';
import type { ServiceConfig } from '../config/schema.ts';

/**
 * What a kind of standby brings into the stack of the control plane. A kind is a folder beside this file, with its
 * part of the configuration, its constructs with their grants, and its lines of the price list; its adapters are in
 * lambda/kinds, and its checks of the site in bin/cli/kinds.
 */
export interface StandbyKind {
  /** Settings with which the reconciler finds the standby of this service. */
  settingsOf(service: ServiceConfig): Pick<ServiceSettings, 'document' | 'instanceId'>;
  /** Allows the reconciler to run the standby, and nothing beyond what this configuration needs. */
  grantControl(reconciler: LambdaFunction): void;
  /** What the reconciler must look at as soon as it happens, by the id of the rule. */
  readonly events: Readonly<Record<string, StandbyEvent>>;
}

export type StandbyEvent = { readonly description: string; readonly pattern: EventPattern };
