import { output } from '../../../../lambda/contract/names.ts';
import { type Check, check } from '../../doctor/check.ts';
import { deployed } from '../../doctor/examined.ts';

/** What the doctor looks at on an EC2 host. */
export const hostChecks: readonly Check[] = [
  check('host', {
    whether: 'Systems Manager reaches the host, or the host sleeps as it should',
    remedies: {
      unreachable:
        'Look at the instance in EC2: it has to run, with the SSM agent, an instance role and a way out. Without it no failover starts.',
    },
    async run(examined, fail) {
      const side = await examined.cloud();
      const id = await deployed(side, output.instanceId);
      const { agentStatus, instanceState } = await import('./host.ts');
      const status = await agentStatus(side.session, id);
      if (status === 'Online') return `${id} is online`;
      if (side.config.standby.pilotLight && (await instanceState(side.session, id)) === 'stopped') {
        return `${id} sleeps (pilot light)`;
      }
      return fail('unreachable', `Systems Manager does not reach ${id} (${status ?? 'it does not know it'})`);
    },
  }),
];
