import { documentName, output } from '../../../../lambda/contract/names.ts';
import { CannotLook } from '../../doctor/cannot-look.ts';
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

  check('host-prepared', {
    whether: 'the host has prepared itself for each service, the last time it tried',
    remedies: {
      failed:
        'The reason is in the check standby-image, and in Systems Manager: State Manager. The host tries again with the next look at it, within 15 minutes; "npm run failover -- site init" has it try now.',
      never:
        'Deploy again ("npm run failover -- deploy"): the deployment tells Systems Manager to prepare the host.',
    },
    async run(examined, fail) {
      const side = await examined.cloud();
      const id = await deployed(side, output.instanceId);
      const { name, services } = side.config;
      const { preparations } = await import('./host.ts');
      const found = await preparations(side.session, id);
      for (const { name: service } of services) {
        const one = found.get(documentName(name, service));
        if (!one) fail('never', `Systems Manager has no association of ${id} for ${service}`);
        else if (one.status === 'Failed') fail('failed', `${service}: ${one.detail}`);
        else if (one.status !== 'Success') throw new CannotLook(`${service}: it is ${one.status}`);
      }
      return services.length === 1 ? 'it has' : `for ${services.length} services`;
    },
  }),

  check('document', {
    whether: 'the newest version of the document of each service is the one that a command by hand runs',
    remedies: {
      old: 'aws ssm update-document-default-version, with this name and version. The functions run the newest in any case; whoever follows the runbook by hand does not.',
    },
    async run(examined, fail) {
      const side = await examined.cloud();
      const { name, services } = side.config;
      const { documentVersions } = await import('./host.ts');
      for (const { name: service } of services) {
        const document = documentName(name, service);
        const { newest, usual } = await documentVersions(side.session, document);
        if (newest !== usual)
          fail('old', `${document}: the default is version ${usual}, the newest is ${newest}`);
      }
      return 'it is';
    },
  }),
];
