import { readParameter } from '../../aws/parameters.ts';
import { openSession } from '../../aws/session.ts';
import type { Context } from '../../context.ts';
import { readConfig } from '../../deployment.ts';
import { CliError } from '../../errors.ts';
import { report } from '../../output.ts';
import { setInHost } from './settings.ts';

type Flags = { readonly config: string; readonly json: boolean };

type Result = {
  readonly file: string;
  readonly architecture: string;
  /** What was pinned; absent if nothing was. */
  readonly before?: string;
  readonly imageId: string;
  readonly written: boolean;
};

/** Where Amazon publishes the newest image: "Amazon Linux 2023 User Guide", "Launching the latest AL2023 AMI". */
const newestParameter = (architecture: string) =>
  `/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-${architecture}`;

/** Pins the newest machine image in failover.yaml. Nothing is deployed. */
export async function hostImage(this: Context, flags: Flags): Promise<void> {
  await report(this, flags.json, () => pin(flags.config), lines);
}

/** @throws CliError */
async function pin(file: string): Promise<Result> {
  const { region, standby } = readConfig(file);
  if (!standby.host) {
    throw new CliError(
      `${file} names an instance of your own (standby.instanceId): its machine image is yours`,
      'Update that machine as you update your others.',
      2,
    );
  }
  const { architecture, imageId: before } = standby.host;
  const name = newestParameter(architecture);
  const imageId = await readParameter(await openSession(region), name);
  if (imageId === undefined)
    throw new CliError(
      `Systems Manager knows no ${name} in ${region}`,
      'Name an image of Amazon Linux 2023 by hand: standby.host.imageId.',
    );
  const common = { file, architecture, imageId, ...(before !== undefined && { before }) };
  if (imageId === before) return { ...common, written: false };
  setInHost(file, 'imageId', imageId);
  return { ...common, written: true };
}

function lines({ file, before, imageId, written }: Result): string[] {
  if (!written)
    return [`${file} has the newest image already: ${imageId}. The next deployment keeps the host.`];
  if (before === undefined)
    return [
      `${file}: standby.host.imageId is ${imageId} now; nothing was pinned before.`,
      'The next deployment makes the host with it, or replaces the one that was made with another image.',
    ];
  return [
    `${file}: standby.host.imageId is ${imageId} now, instead of ${before}.`,
    'The next deployment replaces the host: some minutes without a standby. Do it while the primary serves.',
  ];
}
