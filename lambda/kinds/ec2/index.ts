import type { EC2Client } from '@aws-sdk/client-ec2';
import type { SSMClient } from '@aws-sdk/client-ssm';
import type { Log, StandbyKind } from '../../ports.ts';
import { ec2Capacity } from './capacity.ts';
import { ssmStandby } from './standby.ts';

/** A container on an EC2 instance, run by our document through Run Command. @param connect makes the EC2 client */
export const ec2Kind =
  (ssm: SSMClient, connect: () => Promise<EC2Client>, log: Log): StandbyKind =>
  (settings) => ({
    standby: ssmStandby(ssm, settings, log),
    capacity: ec2Capacity(settings.instanceId, connect),
  });
