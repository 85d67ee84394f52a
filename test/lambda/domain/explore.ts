import { siteOf } from '../../../lambda/domain/phase.ts';
import { heldByOf } from '../../../lambda/domain/state.ts';
import { brokenBy, brokenIn } from './invariants.ts';
import {
  type Crash,
  type Decided,
  firstMachine,
  letGo,
  look,
  type Machine,
  normal,
  now,
  type Rules,
  run,
  type Step,
  tick,
  wake,
} from './machine.ts';

export type Explored = {
  /** All of them, unless there were more than the limit. */
  readonly states: number;
  readonly isComplete: boolean;
  readonly steps: number;
  /** The most steps that any state needed to come to rest: with a healthy primary, and with a dead one. */
  readonly bounds: { readonly home: number; readonly standby: number };
  /** Violations as `name: how it came to that`, at most a few of each. */
  readonly broken: readonly string[];
  /** Each way from one phase to another that was taken, and each reason for it, once. */
  readonly moves: readonly string[];
};

const crashes: readonly Crash[] = [1, 2, 3].flatMap((round) => [
  { round, acted: false },
  { round, acted: true },
]);

/** Everything that can happen next. */
function* stepsFrom(m: Machine, rules: Rules): Generator<Step> {
  const step = (name: string, to: Machine): Step => ({ name, to, decided: [] });
  for (const says of ['truth', 'nothing'] as const) yield step(`tick, ${says}`, tick(m, says, rules));
  if (rules.delays) {
    yield step('tick, late', tick(m, 'late', rules));
    yield step('tick, sign', tick(m, 'sign', rules));
  }
  yield step('primary', normal({ ...m, primary: m.primary === 'up' ? 'down' : 'up' }, rules, now));
  if (m.queue.length > 0) yield step('host runs 0', run(m, 0, true, rules));
  if (rules.wakes) yield* wakes(m, rules);
  if (rules.hostFails) yield* hostFailures(m, rules);
  const full = look(m, rules);
  yield full;
  if (rules.crashes)
    for (const crash of crashes) if (crash.round < full.decided.length) yield look(m, rules, { crash });
  for (const request of rules.requests ?? []) yield look(m, rules, { request });
}

function* wakes(m: Machine, rules: Rules): Generator<Step> {
  const step = (name: string, to: Machine): Step => ({ name, to, decided: [] });
  const woken = wake(m, rules);
  if (woken) yield step('site wakes', woken);
  const left = letGo(m, rules);
  if (left) yield step('site lets go', left);
}

function* hostFailures(m: Machine, rules: Rules): Generator<Step> {
  const step = (name: string, to: Machine): Step => ({ name, to, decided: [] });
  yield look(m, rules, { hearsOld: true });
  if (m.containerRuns)
    yield step('standby dies', normal({ ...m, containerRuns: false, isWoken: false }, rules, now));
  for (const index of m.queue.keys()) {
    if (index > 0) yield step(`host runs ${index}`, run(m, index, true, rules));
    yield step(`host fails ${index}`, run(m, index, false, rules));
    yield step(`lost ${index}`, normal({ ...m, queue: m.queue.filter((_, i) => i !== index) }, rules, now));
  }
}

/** From the first state on, every state that can be reached; breadth first, so that what breaks is short. */
export function explore(rules: Rules, limit: number): Explored {
  const broken = new Map<string, string[]>();
  const complain = (name: string, how: string) => {
    const known = broken.get(name) ?? [];
    if (known.length < 2) broken.set(name, [...known, `${name}: ${how}`]);
  };
  const machines: Machine[] = [];
  const known = new Set<string>();
  const add = (m: Machine): void => {
    const key = JSON.stringify(m);
    if (known.has(key)) return;
    known.add(key);
    machines.push(m);
  };
  add(normal(firstMachine(), rules, now));
  const moves = new Set<string>();
  let steps = 0;
  let looked = 0;
  for (; looked < machines.length && machines.length < limit; looked++) {
    const m = machines[looked] as Machine;
    for (const { name, to, decided } of stepsFrom(m, rules)) {
      steps += 1;
      for (const law of brokenIn(m, to)) complain(law, `${describe(m)} on ${name}`);
      for (const law of decided.flatMap((one) => brokenBy(one, rules)))
        complain(law, `${describe(m)} on ${name}`);
      for (const move of decided.flatMap(moveIn)) moves.add(move);
      if (name === 'look' && !repeats(to, rules)) complain('a-second-look-changes-nothing', describe(m));
      add(to);
    }
  }
  const home = longest(machines, (m) => rest(m, 'up', rules), isHome);
  const standby = longest(machines, (m) => rest(m, 'down', rules), isOnStandby);
  for (const m of home.stuck) complain('nobody-stuck-when-the-primary-is-healthy', describe(m));
  for (const m of standby.stuck) complain('nobody-stuck-when-the-primary-is-dead', describe(m));
  return {
    states: machines.length,
    isComplete: looked === machines.length,
    steps,
    bounds: { home: home.most, standby: standby.most },
    broken: [...broken.values()].flat(),
    moves: [...moves].sort(),
  };
}

function moveIn({ before, decision: { state } }: Decided): readonly string[] {
  return state.phase === before.phase ? [] : [`${before.phase} -> ${state.phase}: ${state.why}`];
}

function repeats(m: Machine, rules: Rules): boolean {
  const { decided, to } = look(m, rules);
  return decided.length === 1 && JSON.stringify(to) === JSON.stringify(m);
}

/** The next second of a healthy world: the site speaks, the host works, somebody looks. */
function rest(m: Machine, primary: 'up' | 'down', rules: Rules): Machine {
  let next = tick({ ...m, primary }, 'truth', rules);
  while (next.queue.length > 0) next = run(next, 0, true, rules);
  if (rules.wakes) next = wake(next, rules) ?? letGo(next, rules) ?? next;
  return look(next, rules).to;
}

function isHome({ control, containerRuns }: Machine): boolean {
  return (control.phase === 'home' && !containerRuns) || heldByOf(control) !== undefined;
}

function isOnStandby({ control, containerRuns }: Machine): boolean {
  return siteOf(control.phase) === 'standby' && control.phase === 'serving' && containerRuns;
}

const patience = 60;

/** How many steps it takes at the most until `isThere`, over all machines; and those that never get there. */
function longest(
  machines: readonly Machine[],
  next: (m: Machine) => Machine,
  isThere: (m: Machine) => boolean,
) {
  const distances = new Map<string, number>();
  const stuck: Machine[] = [];
  let most = 0;
  for (const m of machines) {
    const path: string[] = [];
    let at = m;
    let distance = Number.POSITIVE_INFINITY;
    for (let step = 0; step < patience; step++) {
      const key = JSON.stringify(at);
      const found = isThere(at) ? 0 : distances.get(key);
      if (found !== undefined) {
        distance = found;
        break;
      }
      path.push(key);
      at = next(at);
    }
    for (const [i, key] of path.toReversed().entries()) distances.set(key, distance + i + 1);
    if (Number.isFinite(distance)) most = Math.max(most, distance + path.length);
    else stuck.push(m);
  }
  return { most, stuck };
}

function describe(m: Machine): string {
  const { control, ...world } = m;
  return JSON.stringify({ ...world, control });
}
