import { describe, expect, it } from 'vitest';
import type { Config } from '../../lib/config/schema.ts';
import { configOf, documentsIn, ofType, resourcesOf, type Statement } from './templates.ts';

/** The shipped configuration, with this image. */
const withImage = (image: string): Config => {
  const config = configOf('failover.yaml');
  return { ...config, services: config.services.map(({ build: _, ...service }) => ({ ...service, image })) };
};

/** What the host may do with ECR, by resource. */
function pulls(config: Config): [string, string][] {
  const statements: Statement[] = [...resourcesOf(config)]
    .filter(([name]) => name.startsWith('StandbyStack/'))
    .flatMap(([, { Properties }]) => documentsIn(Properties).flat());
  return statements.flatMap(({ Action, Resource }) =>
    [Action]
      .flat()
      .flatMap((action): [string, string][] =>
        action.startsWith('ecr:') ? [[action, JSON.stringify(Resource)]] : [],
      ),
  );
}
const userData = (config: Config) =>
  JSON.stringify(ofType(resourcesOf(config), 'AWS::EC2::Instance').map((instance) => instance.UserData));

describe('H7: an image in ECR', () => {
  it.each([
    [
      '123456789012.dkr.ecr.eu-central-1.amazonaws.com/acme/api:1.4',
      '123456789012',
      'eu-central-1',
      'acme/api',
    ],
    [
      `210987654321.dkr.ecr.us-gov-west-1.amazonaws.com/api@sha256:${'a'.repeat(64)}`,
      '210987654321',
      'us-gov-west-1',
      'api',
    ],
    ['123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/api', '123456789012', 'cn-north-1', 'api'],
  ])('%s may be pulled, and nothing else', (image, account, region, repository) => {
    const config = withImage(image);
    const granted = pulls(config);
    expect(granted.map(([action]) => action).sort()).toEqual([
      'ecr:BatchCheckLayerAvailability',
      'ecr:BatchGetImage',
      'ecr:GetAuthorizationToken',
      'ecr:GetDownloadUrlForLayer',
    ]);
    for (const [action, resource] of granted)
      expect(resource).toContain(
        action === 'ecr:GetAuthorizationToken' ? '*' : `:ecr:${region}:${account}:repository/${repository}"`,
      );
    expect(userData(config).replaceAll('\\', '')).toContain(`"${image.split('/')[0]}":"ecr-login"`);
  });

  it.each(['ghcr.io/acme/api:1', 'acme/api', 'registry.example.com:5000/123456789012.dkr.ecr/api'])(
    '%s is none',
    (image) => {
      expect(pulls(withImage(image))).toEqual([]);
    },
  );
});
