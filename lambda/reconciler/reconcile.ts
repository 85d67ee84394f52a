import { decide, siteOf } from '../domain/decide.ts';
import { primaryHealth } from '../domain/evidence.ts';
import type {
  Answer,
  Decision,
  Effect,
  Evidence,
  Observation,
  OperatorRequest,
  Policy,
  State,
} from '../domain/types.ts';
import { looked } from '../log-lines.ts';
import type { ServicePorts } from '../ports.ts';

/** More rounds than any real sequence needs; reaching it means that `decide` does not settle. */
const maxRounds = 16;

/** What a nudge brings along. The rest is looked up. */
export type Nudge = {
  readonly request?: OperatorRequest;
  /** Take the time to look at the instance too, where the fast path does without. */
  readonly isThorough?: boolean;
};

/** What carrying out effects brought to light: it enters the next observation. */
type Results = Pick<Observation, 'command' | 'delivered' | 'hostStart'> & {
  readonly errors: readonly Error[];
};

const nothing: Results = { errors: [] };

/** A decision, and what the site had said when it was made. */
export type Look = Decision & { readonly evidence: Evidence };

/**
 * Looks at everything and decides, until nothing changes any more: observe → decide → record → act.
 * Intent is recorded before it is acted upon; a writer who lost the race looks again.
 *
 * @returns the last decision and its evidence, with the answer to the request if there was one
 * @throws AggregateError when the loop has settled but an effect failed: the effect stays recorded and
 *   is tried again by a later nudge, and the failed invocation tells people.
 */
export async function reconcile(
  service: string,
  ports: ServicePorts,
  policy: Policy,
  { request, isThorough = false }: Nudge = {},
): Promise<Look> {
  let results = nothing;
  let answer: Answer | undefined;
  const errors: Error[] = [];
  for (let round = 0; round < maxRounds; round++) {
    const before = await ports.states.load(service);
    const seen = await observe(before.value, results, ports, policy, isThorough);
    const observation = { ...seen, ...(request && !answer && { request }) };
    const decision = decide(before.value, observation, policy, ports.clock());
    if (decision.state !== before.value) {
      const recorded = await ports.states.save(decision.state, before);
      if (!recorded) continue;
      logDecision(before.value, decision, ports);
    }
    answer ??= decision.answer;
    if (decision.state === before.value && decision.effects.length === 0) {
      if (isThorough) logLook(decision, ports);
      if (errors.length > 0) throw new AggregateError(errors, errors.map((e) => e.message).join('; '));
      return { ...decision, evidence: seen.evidence, ...(answer && { answer }) };
    }
    results = await act(decision.effects, ports);
    errors.push(...results.errors);
  }
  throw new Error(`${service}: no fixpoint after ${maxRounds} rounds`);
}

async function observe(
  state: State,
  results: Results,
  ports: ServicePorts,
  policy: Policy,
  isThorough: boolean,
): Promise<Observation> {
  const [evidence, command, host] = await Promise.all([
    ports.evidence.load(state.service),
    results.command ?? reportOfCommand(state, ports),
    mustSeeHost(state, policy, isThorough) ? hostState(ports) : undefined,
  ]);
  // Asked only when nobody else says anything, and while its word could move something.
  const isSilent = primaryHealth(evidence, policy, ports.clock()) === 'unknown';
  const witness = isSilent && siteOf(state.phase) === 'primary' ? await ports.witness?.look() : undefined;
  return {
    evidence,
    ...(command && { command }),
    ...(host && { host }),
    ...(witness && { witness }),
    ...(results.hostStart && { hostStart: results.hostStart }),
    ...(results.delivered && { delivered: results.delivered }),
  };
}

/** The EC2 client is the slowest to load; the fast path of a warm host does without it. */
function mustSeeHost({ command, phase }: State, { pilotLight }: Policy, isThorough: boolean): boolean {
  return pilotLight || command?.hostUnreachable === true || (isThorough && phase === 'serving');
}

/** Not knowing is an observation too: it must not keep anybody from deciding. */
async function hostState({ host, log }: ServicePorts) {
  try {
    return await host.state();
  } catch (error) {
    log.warn('state of the host unknown', { error });
    return undefined;
  }
}

async function reportOfCommand({ epoch, command }: State, ports: ServicePorts) {
  if (command?.id === undefined || command.retryAt !== undefined) return undefined;
  const { action, serial, attempt } = command;
  return ports.standby.report({ action, epoch, serial, attempt }, command.id);
}

/** Commands at once; what people are told in its order. */
async function act(effects: readonly Effect[], ports: ServicePorts): Promise<Results> {
  const deliveries = effects.filter(({ type }) => type === 'deliver');
  const others = effects.filter(({ type }) => type !== 'deliver');
  const [told, ...done] = await Promise.all([
    inTurn(deliveries, ports),
    ...others.map((effect) => carryOut(effect, ports)),
  ]);
  const all = [...told, ...done];
  const command = done.findLast((result) => result.command)?.command;
  const hostStart = done.findLast((result) => result.hostStart)?.hostStart;
  return {
    delivered: all.flatMap((result) => result.delivered ?? []),
    errors: all.flatMap((result) => result.errors),
    ...(command && { command }),
    ...(hostStart && { hostStart }),
  };
}

async function inTurn(effects: readonly Effect[], ports: ServicePorts): Promise<Results[]> {
  const results: Results[] = [];
  for (const effect of effects) results.push(await carryOut(effect, ports));
  return results;
}

async function carryOut(effect: Effect, ports: ServicePorts): Promise<Results> {
  try {
    switch (effect.type) {
      case 'command':
        return { command: await ports.standby.send(effect), errors: [] };
      case 'start-host':
        return { hostStart: await ports.host.start(effect.instanceType), errors: [] };
      case 'stop-host':
        await ports.host.stop();
        return nothing;
      case 'deliver':
        await Promise.all([
          ports.history.append(effect.entry),
          effect.entry.quiet ? undefined : ports.notifier.tell(effect.entry),
        ]);
        return { delivered: [effect.entry.id], errors: [] };
    }
  } catch (cause) {
    const error = new Error(
      `${effect.type} failed: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        cause,
      },
    );
    ports.log.error('effect failed', { effect, error });
    return { errors: [error] };
  }
}

function logDecision(before: State, { state, reason, site, effects }: Decision, ports: ServicePorts): void {
  ports.log.info('decided', {
    // Powertools keeps the key "service" for itself.
    about: state.service,
    epoch: state.epoch,
    from: before.phase,
    to: state.phase,
    site,
    reason,
    effects: effects.map((effect) => effect.type),
  });
}

/** Once a minute at least: who is in charge, and how old the move is that is under way. */
function logLook({ state, reason, site }: Decision, { log, clock }: ServicePorts): void {
  const { service: about, epoch, phase, since } = state;
  const isMoving = phase !== 'home' && phase !== 'serving';
  const moveSeconds = isMoving ? (clock() - since) / 1000 : 0;
  log.info(looked, { about, epoch, site, phase, reason, moveSeconds });
}
