import { type Check, check } from '../check.ts';

const settled = new Set(['CREATE_COMPLETE', 'UPDATE_COMPLETE', 'IMPORT_COMPLETE']);

export const deploymentChecks: readonly Check[] = [
  check('stacks', {
    whether: 'the stacks are deployed and their last deployment succeeded',
    remedies: {
      missing: 'Run "npm run failover -- deploy", or use the credentials of the account it was deployed to.',
      unsettled:
        'If a deployment runs, wait for it. If one was rolled back, its events in CloudFormation say why; then run "npm run failover -- deploy".',
    },
    async run(examined, fail) {
      const { session, config } = await examined.cloud();
      const [{ describeStack }, { stackNames }] = await Promise.all([
        import('../../aws/stacks.ts'),
        import('../../deployment.ts'),
      ]);
      const names = stackNames(config);
      const stacks = await Promise.all(names.map((name) => describeStack(session, name)));
      const missing = names.filter((_, index) => stacks[index] === undefined);
      if (missing.length > 0) fail('missing', `not deployed in ${config.region}: ${missing.join(', ')}`);
      const unsettled = stacks.filter((stack) => stack && !settled.has(stack.status));
      if (unsettled.length > 0) {
        fail('unsettled', unsettled.map((stack) => `${stack?.name} is ${stack?.status}`).join(', '));
      }
      return names.join(', ');
    },
  }),

  check('settings', {
    whether: 'the .env of this site says what is deployed',
    remedies: {
      differs:
        'Run "npm run failover -- site init --force", which takes over what is deployed, and restart what reads it: docker compose up --detach.',
    },
    async run(examined, fail) {
      const side = await examined.cloud();
      const { deployedEnv } = await import('../../site/fill-env.ts');
      const expected = deployedEnv(side.config, side.service, await side.outputs());
      const names = ['SERVICE_NAME', 'FAILOVER_WEBHOOK_URL', 'STANDBY_ADDRESS', 'HEALTH_PATH'];
      const given = { ...examined.bundle.env, HEALTH_PATH: examined.bundle.env.HEALTH_PATH || '/health' };
      const wrong = names.filter((name) => expected[name] && given[name as 'HEALTH_PATH'] !== expected[name]);
      if (wrong.length > 0) {
        fail(
          'differs',
          wrong
            .map(
              (name) =>
                `${name}: deployed is ${expected[name]}, .env has ${given[name as 'HEALTH_PATH'] ?? 'nothing'}`,
            )
            .join('; '),
        );
      }
      return 'the same';
    },
  }),
];
