import type { Policy } from '../../../lambda/domain/policy.ts';
import { operatorFunction } from '../../cloud/ticks.ts';
import { DrillError } from '../../kit/errors.ts';
import type { Stage } from '../../stage/stage.ts';
import { seconds } from './away-and-home.ts';
import { servedBy } from './outside.ts';
import type { Tools } from './tools.ts';

/** Away from the primary and home again, as often as is asked for: the nth time ends in epoch 2n. */
export async function thereAndBack(
  stage: Stage,
  tools: Tools,
  nth: number,
): Promise<{ by: string; label: string }> {
  await tools.primary.kill();
  await tools.recorded('serving', seconds.serving, 2 * nth - 1);
  const served = await whoServes(stage);
  await tools.primary.start();
  await tools.recorded('home', seconds.home, 2 * nth);
  return served;
}

/** Which site answers a client now, and what that copy calls itself (HOST_LABEL of the sample API). */
async function whoServes({ site }: Pick<Stage, 'site'>): Promise<{ by: string; label: string }> {
  const response = await fetch(site.serviceUrl, { headers: { connection: 'close' } });
  await response.arrayBuffer();
  const [by = '', label = ''] = (response.headers.get('x-served-by') ?? '').split('/');
  return { by, label };
}

export const isServedByStandby = async (stage: Stage) => (await servedBy(stage)) === 'standby';

/** The image that the document names now. */
export function deployedImage({ rehearsed }: Stage): string {
  const [document] = rehearsed.assembly.ofType('AWS::SSM::Document');
  const image = /IMAGE='([^']+)'/.exec(JSON.stringify(document?.properties.Content))?.[1];
  if (image === undefined) throw new DrillError('the document of the assembly names no image');
  return image;
}

/** The image of the container that was started last, as the host said. */
export function startedImage({ happenings }: Stage): string {
  const last = happenings.all.findLast(
    (one) => one.kind === 'script-ended' && one.parameters.action === 'start' && one.exitCode === 0,
  );
  return (last?.kind === 'script-ended' && / image=(\S+)/.exec(last.output ?? '')?.[1]) || 'none';
}

/** The instances that the control plane has sent commands to since a moment. */
export function instancesCommanded({ happenings }: Stage, since: number): readonly string[] {
  const sent = happenings.all.filter((one) => one.kind === 'command-sent' && one.at >= since);
  return [...new Set(sent.flatMap((one) => (one.kind === 'command-sent' ? [one.instanceId] : [])))];
}

/** What the functions are told of the policy, as they say it. */
export async function policyTold({ cloud, rehearsed }: Stage): Promise<Policy> {
  const operator = { service: rehearsed.service.name, by: 'drill', action: 'status' };
  const answer = await cloud.invoke(operatorFunction(rehearsed.assembly), { operator });
  return (answer as { policy: Policy }).policy;
}
