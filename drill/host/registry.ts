import { CommandFailed } from './served-commands.ts';

/** An image in ECR: account.dkr.ecr.region.domain/repository:tag. */
const inEcr = /^\d{12}\.dkr\.ecr\.[^./]+\.[^/]+\/([^:@]+)/;

/** In the order in which Docker comes to need them. */
const calls = [
  'GetAuthorizationToken',
  'BatchGetImage',
  'BatchCheckLayerAvailability',
  'GetDownloadUrlForLayer',
] as const;

/**
 * Asks the stand-in cloud whether the host may pull an image, as ECR would. An image of another
 * registry is none of its business, nor is one that is pulled where there is no cloud.
 * @param env of the host: AWS_ENDPOINT_URL and the key of its role
 * @throws CommandFailed in AWS's words if not
 */
export async function mayPull(image: string, env: Readonly<Record<string, string>>): Promise<void> {
  const repositoryName = inEcr.exec(image)?.[1];
  const { AWS_ENDPOINT_URL: endpoint, AWS_ACCESS_KEY_ID: key } = env;
  if (repositoryName === undefined || endpoint === undefined) return;
  for (const call of calls) {
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `AmazonEC2ContainerRegistry_V20150921.${call}`,
        authorization: `AWS4-HMAC-SHA256 Credential=${key}/drill`,
      },
      body: JSON.stringify(call === 'GetAuthorizationToken' ? {} : { repositoryName }),
    });
    const answer = (await response.json()) as { message?: string };
    if (!response.ok)
      throw new CommandFailed(
        `Error response from daemon: pull access denied for ${image}: ${answer.message}`,
      );
  }
}
