import { output } from '../../../../lambda/contract/names.ts';
import { CannotLook } from '../cannot-look.ts';
import { type Check, check } from '../check.ts';
import { deployed } from '../examined.ts';

export const cloudChecks: readonly Check[] = [
  check('standby-image', {
    whether:
      'the host is as it should be and has the image that the primary runs, at the last look, which is every 15 minutes',
    remedies: {
      drift:
        'Put right what it says. For an image: deploy the one that the primary runs, or correct PRIMARY_IMAGE in .env; the host prepares itself when the deployment ends.',
    },
    async run(examined, fail) {
      const side = await examined.cloud();
      const { state } = await side.status();
      if (state.drift) fail('drift', `drift: ${state.drift}`);
      if (!examined.bundle.env.PRIMARY_IMAGE)
        throw new CannotLook('PRIMARY_IMAGE is not set in .env, so nothing is compared');
      if (!state.inspectedAt) throw new CannotLook('nobody has looked at the host yet');
      return `the same ${Math.round((examined.clock() - state.inspectedAt) / 60_000)} minutes ago`;
    },
  }),

  check('last-start', {
    whether: 'the last start of the standby succeeded, in a self-test or in a failover',
    remedies: {
      failed:
        'Put right what the host said, then "npm run failover -- self-test". Until one passes, an outage would not be covered.',
    },
    async run(examined, fail) {
      const side = await examined.cloud();
      const { state } = await side.status();
      if (state.startFailure) {
        const { at, failure } = state.startFailure;
        fail('failed', `it failed at ${new Date(at).toISOString()}: ${failure}`);
      }
      if (!state.testedAt && state.failovers.length === 0)
        throw new CannotLook('the standby has never been started; a self-test would');
      return 'it did';
    },
  }),

  check('heartbeat', {
    whether: 'the cloud has heard a moment ago that the primary is up',
    remedies: {
      never: 'Bring up the monitoring ("docker compose up --detach"), and look at the checks above.',
      old: 'Look at the checks above: what keeps the heartbeat from arriving is one of them. While it lasts, no outage is seen from the cloud.',
    },
    async run(examined, fail) {
      const side = await examined.cloud();
      const { upAt: at } = (await side.status()).evidence;
      if (at === undefined) return fail('never', 'the cloud has never heard that the primary is up');
      const age = (examined.clock() - at) / 1000;
      if (age > side.config.policy.heartbeatTimeoutSeconds) {
        fail(
          'old',
          `the last heartbeat was evaluated ${Math.round(age)} s ago (${new Date(at).toISOString()})`,
        );
      }
      return `${Math.max(0, Math.round(age))} s old`;
    },
  }),

  check('mail', {
    whether: 'everybody in failover.yaml has confirmed the subscription',
    remedies: {
      unconfirmed:
        'Have them follow the link in the mail "AWS Notification - Subscription Confirmation". It is valid for two days; after that, take the address out of failover.yaml, deploy, put it back and deploy again.',
    },
    async run(examined, fail) {
      const side = await examined.cloud();
      const { confirmedAddresses } = await import('../../aws/subscriptions.ts');
      const confirmed = await confirmedAddresses(side.session, await deployed(side, output.topicArn));
      const missing = side.config.emails.filter((email) => !confirmed.has(email));
      if (missing.length > 0) fail('unconfirmed', `not confirmed: ${missing.join(', ')}`);
      return side.config.emails.join(', ');
    },
  }),
];
