import { writeLine } from '../contract/log-lines.ts';
import { decide } from '../domain/decide.ts';
import type { Answer, Decision } from '../domain/decision.ts';
import type { Evidence } from '../domain/evidence.ts';
import { primaryHealth } from '../domain/health.ts';
import type { Delivery } from '../domain/history.ts';
import type { Observation, OperatorRequest } from '../domain/observation.ts';
import { siteOf } from '../domain/phase.ts';
import type { Policy } from '../domain/policy.ts';
import { commandOf, needsCapacity, type State } from '../domain/state.ts';
import type { ServicePorts } from '../ports.ts';
import { act, type DeliverEffect, deliver, nothing, type Results } from './act.ts';

/** More rounds than any real sequence needs; reaching it means that `decide` does not settle. */
const maxRounds = 16;

/** What a nudge brings along. The rest is looked up. */
export type Nudge = {
  readonly request?: OperatorRequest;
  /** Take the time to look at the instance too, where the fast path does without. */
  readonly isThorough?: boolean | undefined;
};

/** A decision, and what the site had said when it was made. */
export type Look = Decision & { readonly evidence: Evidence };

/** What the last decision was, and what the site has said since. */
export type Recorded = Pick<Look, 'site' | 'reason' | 'state' | 'evidence'>;

/** Looks, and decides nothing. */
export async function recorded(
  service: string,
  { states, evidence }: Pick<ServicePorts, 'states' | 'evidence'>,
): Promise<Recorded> {
  const [{ value: state }, seen] = await Promise.all([states.load(service), evidence.load(service)]);
  return { site: siteOf(state.phase), reason: state.why, state, evidence: seen };
}

/**
 * Looks at everything and decides, until nothing changes any more: observe → decide → record → act.
 * Intent is recorded before it is acted upon, and a writer that lost the race looks again. Entries are delivered at the
 * end, so that deciding, recording and commanding never wait for a mail.
 *
 * @returns the last decision and its evidence, with the answer to the request if there was one
 * @throws AggregateError when the loop has settled but an effect failed: the effect stays recorded and
 *   is tried again by a later nudge, and the failed invocation tells people. Who asked for something is
 *   answered all the same.
 */
export async function reconcile(
  service: string,
  ports: ServicePorts,
  policy: Policy,
  nudge: Nudge = {},
): Promise<Look> {
  const { request, isThorough } = nudge;
  const settled = await settle(service, ports, policy, nudge, nothing);
  const told = settled.undelivered.length > 0 ? await deliver(settled.undelivered, ports) : nothing;
  // Only once: what failed is claimed by a later nudge.
  const last = told.delivered?.length ? await settle(service, ports, policy, { isThorough }, told) : settled;
  if (isThorough) logLook(last.look, ports);
  const errors = [settled, told, ...(last === settled ? [] : [last])].flatMap((one) => one.errors);
  if (errors.length > 0 && !request)
    throw new AggregateError(errors, errors.map((error) => error.message).join('; '));
  return { ...last.look, ...(settled.look.answer && { answer: settled.look.answer }) };
}

type Settled = {
  readonly look: Look;
  /** What people and the history have not been told yet. */
  readonly undelivered: readonly DeliverEffect[];
  readonly errors: readonly Error[];
};

async function settle(
  service: string,
  ports: ServicePorts,
  policy: Policy,
  { request, isThorough = false }: Nudge,
  first: Results,
): Promise<Settled> {
  let results = first;
  let answer: Answer | undefined;
  const undelivered: DeliverEffect[] = [];
  const errors: Error[] = [];
  for (let round = 0; round < maxRounds; round++) {
    const before = await ports.states.load(service);
    const seen = await observe(before.value, results, ports, policy, isThorough);
    const observation = { ...seen, ...(request && !answer && { request }) };
    const decision = decide(before.value, observation, policy, ports.clock());
    if (decision.state !== before.value) {
      const recorded = await ports.states.save(decision.state, before);
      if (!recorded) continue;
      logDecision(before.value, decision, observation, ports);
    }
    answer ??= decision.answer;
    if (decision.state === before.value && decision.effects.length === 0) {
      const look = { ...decision, evidence: seen.evidence, ...(answer && { answer }) };
      return { look, undelivered, errors };
    }
    undelivered.push(...decision.effects.filter((effect) => effect.type === 'deliver'));
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
  const [evidence, command, capacity] = await Promise.all([
    ports.evidence.load(state.service),
    results.command ?? reportOfCommand(state, ports),
    mustSeeCapacity(state, policy, isThorough) ? capacityNow(ports) : undefined,
  ]);
  // Asked only when nobody else says anything, and while its word could move something.
  const isSilent = primaryHealth(evidence, policy, ports.clock()) === 'unknown';
  const witness = isSilent && siteOf(state.phase) === 'primary' ? await ports.witness?.look() : undefined;
  return {
    evidence,
    ...(command && { command }),
    ...(capacity && { capacity }),
    ...(witness && { witness }),
    ...(results.capacityStart && { capacityStart: results.capacityStart }),
    ...(results.delivered && { delivered: results.delivered }),
  };
}

/** To ask for the machine takes longest, and the fast path of a warm host does without it. */
function mustSeeCapacity(state: State, { pilotLight }: Policy, isThorough: boolean): boolean {
  return pilotLight || needsCapacity(commandOf(state)) || (isThorough && state.phase === 'serving');
}

/** Not knowing is an observation too: it must not keep anybody from deciding. */
async function capacityNow({ capacity, log }: ServicePorts) {
  try {
    return await capacity.state();
  } catch (error) {
    log.warn('state of the host unknown', { error });
    return undefined;
  }
}

async function reportOfCommand(state: State, ports: ServicePorts) {
  const command = commandOf(state);
  if (command?.status !== 'sent') return undefined;
  const { action, serial, attempt, id } = command;
  return ports.standby.report({ action, epoch: state.epoch, serial, attempt }, id);
}

function logDecision(
  before: State,
  { state, reason, site, effects }: Decision,
  { delivered = [] }: { readonly delivered?: readonly Delivery[] },
  ports: ServicePorts,
): void {
  const kept = new Set([...state.outbox.map(({ entry }) => entry.id), ...delivered.map(({ id }) => id)]);
  const givenUp = before.outbox.map(({ entry }) => entry).filter(({ id }) => !kept.has(id));
  if (givenUp.length > 0) ports.log.error('not told: too many are waiting', { entries: givenUp });
  writeLine(ports.log.info.bind(ports.log), 'decided', {
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
  writeLine(log.info.bind(log), 'looked', { about, epoch, site, phase, reason, moveSeconds });
}
