import type { IRepository } from 'aws-cdk-lib/aws-ecr';
import { DockerImageAsset, Platform } from 'aws-cdk-lib/aws-ecr-assets';
import { Construct } from 'constructs';
import type { Config, ServiceConfig } from '../config/schema.ts';

/** Where each service's image comes from. What is built here is built by `cdk deploy`, never by synth. */
export class ServiceImages extends Construct {
  readonly #assets = new Map<string, DockerImageAsset>();

  constructor(scope: Construct, id: string, config: Config) {
    super(scope, id);
    const platform =
      config.standby.host?.architecture === 'arm64' ? Platform.LINUX_ARM64 : Platform.LINUX_AMD64;
    for (const { name, build } of config.services) {
      if (build) this.#assets.set(name, new DockerImageAsset(this, name, { directory: build, platform }));
    }
  }

  uri({ name, image }: ServiceConfig): string {
    return this.#assets.get(name)?.imageUri ?? image ?? '';
  }

  /** Those of our own that the host must be allowed to pull from. */
  get repositories(): readonly IRepository[] {
    return [...this.#assets.values()].map(({ repository }) => repository);
  }
}
