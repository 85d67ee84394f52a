import type { Service } from '../endpoint.ts';
import type { Assembly } from '../template.ts';
import type { Json } from '../values.ts';

/**
 * What the registry asks IAM about when Docker pulls an image: first a login, then layer by layer. Nothing is
 * handed out: the drill's images are built on the spot.
 */
export function createEcr({ region, accountId }: Assembly): Service {
  const repository = ({ repositoryName }: Json) => [
    `arn:aws:ecr:${region}:${accountId}:repository/${String(repositoryName)}`,
  ];
  const allowed = { resources: repository, run: () => ({}) };
  return {
    operations: {
      GetAuthorizationToken: { resources: () => ['*'], run: () => ({ authorizationData: [] }) },
      BatchCheckLayerAvailability: allowed,
      BatchGetImage: allowed,
      GetDownloadUrlForLayer: allowed,
    },
  };
}
