import { hostChecks } from '../../kinds/ec2/checks.ts';
import type { Check } from '../check.ts';
import { cloudChecks } from './cloud.ts';
import { deploymentChecks } from './deployment.ts';
import { fileChecks } from './files.ts';
import { haproxyChecks } from './haproxy.ts';
import { lineChecks } from './line.ts';
import { monitoringChecks } from './monitoring.ts';
import { parameterChecks } from './parameters.ts';
import { standbyChecks } from './standby.ts';
import { webhookChecks } from './webhook.ts';

/** In the order of the chain: from the files of the site to the mail that people get. */
export const checks: readonly Check[] = [
  ...fileChecks,
  ...haproxyChecks,
  ...monitoringChecks,
  ...webhookChecks,
  ...standbyChecks,
  ...lineChecks,
  ...deploymentChecks,
  ...parameterChecks,
  ...hostChecks,
  ...cloudChecks,
];
