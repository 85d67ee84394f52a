import { keepTicking, scheduledFunction } from '../../cloud/ticks.ts';
import { DrillError } from '../../kit/errors.ts';
import { ownSlot } from '../../kit/slot.ts';
import type { Stage, StageOptions } from '../../stage/stage.ts';
import type { Check } from '../../verify/check.ts';
import { troubles } from '../../verify/checks.ts';
import { hurried, type Outcome, type Played, type Scenario, TICK_SECONDS } from './scenario.ts';
import { createTools, healthFaultFileIn, type ToolsContext } from './tools.ts';

/** The stage that a scenario plays on. */
export function stageFor(
  scenario: Scenario,
  place: { configFile: string; workDir: string },
  slot = ownSlot(),
): StageOptions {
  const { needs = {}, unhurried = false } = scenario;
  const { changes, variation } = needs;
  return {
    ...place,
    ...needs,
    changes: {
      ...(slot && { serviceName: `api-${slot.name}` }),
      ...changes,
      policy: { ...(unhurried ? {} : hurried), ...changes?.policy },
    },
    ...(!unhurried && {
      variation: {
        ...variation,
        primaryEnvironment: { HEALTH_FAULT_FILE: healthFaultFileIn(place.workDir) },
      },
    }),
  };
}

/**
 * Plays a scenario and looks at the world at its end. What did not happen in its time is how it failed.
 * @throws whatever else goes wrong; anything at all in the default drill
 */
export async function play(
  scenario: Scenario,
  stage: Stage,
  context: ToolsContext,
): Promise<{ played: Played; outcome: Outcome }> {
  const began = Date.now();
  if (!scenario.unhurried && !scenario.minuteTick) {
    const { cloud, rehearsed } = stage;
    const stop = keepTicking(cloud, scheduledFunction(rehearsed.assembly), TICK_SECONDS);
    context.processes.onCleanup('ticks', async () => stop());
  }
  let played: Played;
  try {
    played = await scenario.play(stage, createTools(stage, context));
  } catch (error) {
    if (scenario.unhurried || !(error instanceof DrillError)) throw error;
    played = { checks: [brokenOff(error)] };
  }
  // The default drill has this check in its own list.
  const { unhurried, tolerates } = scenario;
  const checks = unhurried ? played.checks : [...played.checks, ...troubles(stage.happenings.all, tolerates)];
  return {
    played: { ...played, checks },
    outcome: outcomeOf(scenario, checks, (Date.now() - began) / 1000),
  };
}

/** What there is to say of a run that came to no end. */
export const brokenOff = ({ message }: Error): Check => ({
  name: 'it was played to its end',
  held: false,
  observed: message,
});

export function outcomeOf(
  { name, expected }: Pick<Scenario, 'name' | 'expected'>,
  checks: readonly Check[],
  seconds: number,
): Outcome {
  const failed = checks.filter(({ held }) => !held);
  const held = checks.filter((one) => one.held);
  const observed = [
    ...failed.map((one) => `NOT SO: ${one.name}: ${one.observed}`),
    ...held.map((one) => one.observed),
  ];
  return {
    name,
    outcome: failed.length === 0 ? 'passed' : 'failed',
    expected,
    observed: observed.join('; '),
    seconds: Math.round(seconds * 10) / 10,
  };
}
