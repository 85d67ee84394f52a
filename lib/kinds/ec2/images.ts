import { Stack } from 'aws-cdk-lib';
import { type IRepository, Repository } from 'aws-cdk-lib/aws-ecr';
import { DockerImageAsset, Platform } from 'aws-cdk-lib/aws-ecr-assets';
import { Construct } from 'constructs';
import type { Config, ServiceConfig } from '../../config/schema.ts';

/** An image in ECR, as AWS names it ("Amazon ECR private registry"); China's registries end in `.cn`. */
const ecrImage =
  /^(?<registry>(?<account>\d{12})\.dkr\.ecr\.(?<region>[a-z0-9-]+)\.[a-z.]+)\/(?<repository>[^:@]+)/;

const imagesInEcr = ({ services }: Config) =>
  services.flatMap(({ image = '' }) => {
    const parts = ecrImage.exec(image)?.groups;
    return parts ? [parts] : [];
  });

/** The registries of ECR in which images are named, `ACCOUNT.dkr.ecr.REGION.amazonaws.com`: the host logs in there. */
export const ecrRegistries = (config: Config): readonly string[] => [
  ...new Set(imagesInEcr(config).map(({ registry = '' }) => registry)),
];

/** Where each service's image comes from. What is built here is built by `cdk deploy`, never by synth. */
export class ServiceImages extends Construct {
  readonly #assets = new Map<string, DockerImageAsset>();
  readonly #named: readonly IRepository[];

  constructor(scope: Construct, id: string, config: Config) {
    super(scope, id);
    const platform =
      config.standby.host?.architecture === 'arm64' ? Platform.LINUX_ARM64 : Platform.LINUX_AMD64;
    for (const { name, build } of config.services) {
      if (build) this.#assets.set(name, new DockerImageAsset(this, name, { directory: build, platform }));
    }
    const { partition } = Stack.of(this);
    const arns = imagesInEcr(config).map(
      ({ account, region, repository }) =>
        `arn:${partition}:ecr:${region}:${account}:repository/${repository}`,
    );
    this.#named = [...new Set(arns)].map((arn, at) =>
      Repository.fromRepositoryAttributes(this, `Named${at}`, {
        repositoryArn: arn,
        repositoryName: arn.split(':repository/')[1] ?? '',
      }),
    );
  }

  uri({ name, image }: ServiceConfig): string {
    return this.#assets.get(name)?.imageUri ?? image ?? '';
  }

  /** Those in ECR that the host must be allowed to pull from. */
  get repositories(): readonly IRepository[] {
    return [...[...this.#assets.values()].map(({ repository }) => repository), ...this.#named];
  }
}
