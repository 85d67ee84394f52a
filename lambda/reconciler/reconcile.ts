import { pauseAfter } from '../backoff.ts';
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

/** Races for the record that a nudge with news may lose in a row, within about two seconds in all. */
const maxLosses = 12;

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
 * Intent is recorded before it is acted upon. A writer that lost the race looks again if it has something to record,
 * and otherwise leaves it to the one that won. Entries are delivered at the end, so that deciding, recording and
 * commanding never wait for a mail.
 *
 * @returns the last decision and its evidence, with the answer to the request if there was one; undefined if
 *   another nudge is deciding, which does not happen to a request or a thorough look
 * @throws AggregateError when an effect failed, or the record of the service could not be written: what was to be done
 *   stays recorded and is tried again by a later nudge, and the failed invocation tells people. Who asked for
 *   something is answered all the same.
 */
export async function reconcile(
  service: string,
  ports: ServicePorts,
  policy: Policy,
  nudge: Nudge & { readonly request: OperatorRequest },
): Promise<Look>;
export async function reconcile(
  service: string,
  ports: ServicePorts,
  policy: Policy,
  nudge?: Nudge,
): Promise<Look | undefined>;
export async function reconcile(
  service: string,
  ports: ServicePorts,
  policy: Policy,
  nudge: Nudge = {},
): Promise<Look | undefined> {
  const { request, isThorough } = nudge;
  const settled = await settle(service, ports, policy, nudge, nothing);
  // Also where it has not settled: nobody else delivers what this nudge has claimed before the claim lapses.
  const told = settled.undelivered.length > 0 ? await deliver(settled.undelivered, ports) : nothing;
  // Only once: what failed is claimed by a later nudge.
  const last = told.delivered?.length ? await settle(service, ports, policy, { isThorough }, told) : settled;
  const errors = [settled, told, ...(last === settled ? [] : [last])].flatMap((one) => one.errors);
  const look = last.look ?? settled.look;
  if (isThorough && look) logLook(look, ports);
  if (errors.length > 0 && !(look && request))
    throw new AggregateError(errors, errors.map((error) => error.message).join('; '));
  return look && { ...look, ...(settled.answer && { answer: settled.answer }) };
}

type Settled = {
  /** Undefined if others are deciding, or nothing came to rest. */
  readonly look?: Look;
  /** Given once the request was recorded, whatever came of the rest. */
  readonly answer?: Answer | undefined;
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
  let losses = 0;
  for (let round = 0; round < maxRounds && losses < maxLosses; ) {
    const before = await ports.states.load(service);
    const seen = await observe(before.value, results, ports, policy, isThorough);
    const observation = { ...seen, ...(request && !answer && { request }) };
    const decision = decide(before.value, observation, policy, ports.clock());
    if (decision.state !== before.value) {
      const recorded = await ports.states.save(decision.state, before);
      if (!recorded) {
        // Who came first looks again after that, and sees all that was to be seen here: their look is ours.
        const isNeeded = isThorough || request !== undefined || hasNews(results);
        if (!isNeeded) return { undelivered, errors };
        await ports.pause(pauseAfter(losses++));
        continue;
      }
      logDecision(before.value, decision, observation, ports);
    }
    answer ??= decision.answer;
    if (decision.state === before.value && decision.effects.length === 0) {
      return { look: { ...decision, evidence: seen.evidence }, answer, undelivered, errors };
    }
    undelivered.push(...decision.effects.filter((effect) => effect.type === 'deliver'));
    results = await act(decision.effects, ports);
    errors.push(...results.errors);
    losses = 0;
    round++;
  }
  const why =
    losses < maxLosses
      ? `no fixpoint after ${maxRounds} rounds`
      : `others came first ${losses} times in a row`;
  return { answer, undelivered, errors: [...errors, new Error(`${service}: ${why}`)] };
}

/** What is known to nobody else. */
const hasNews = ({ command, capacityStart, delivered }: Results): boolean =>
  command !== undefined || capacityStart !== undefined || delivered !== undefined;

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
  return ports.standby.report(command, command.id);
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
