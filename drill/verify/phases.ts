/**
 * The phases of a recovery, in their order; each one ends where the next begins. The standby comes up in one of two ways,
 * and the phases of the other take no time: the site wakes it, or the control plane starts it.
 */
export const phaseNames = ['detect', 'wake', 'alert', 'decide', 'dispatch', 'start', 'route'] as const;

export type PhaseName = (typeof phaseNames)[number];

/** Seconds. */
export type Phases = Record<PhaseName, number>;

/** When each phase ended, in Unix milliseconds. A wake ends, like a start, when the standby passes its first check. */
export type Marks = Record<Exclude<PhaseName, 'wake'>, number>;

export const phaseMeanings: Record<PhaseName, string> = {
  detect: 'HAProxy marks the primary down',
  wake: 'the site has woken the standby, and it answers',
  alert: 'the webhook receives the first bad sign',
  decide: 'the start of the standby is recorded and sent',
  dispatch: 'the script starts on the host',
  start: 'the standby passes its first health check',
  route: 'the first client is answered by the standby',
};

/** What a phase may take, in seconds, and what that rests on. */
interface Budget {
  readonly seconds: number;
  readonly restsOn: string;
}

/** Going over one is told, and fails nothing: what must hold is the whole. */
export const phaseBudgets: Record<PhaseName, Budget> = {
  detect: { seconds: 0.5, restsOn: 'HAProxy checks every 0.5 s; traffic that is refused tells it at once' },
  wake: {
    seconds: 0.75,
    restsOn: 'three round trips to the host; a prepared container starts in half a second',
  },
  alert: { seconds: 1, restsOn: 'a scrape and an evaluation every 0.25 s; Alertmanager does not wait' },
  decide: { seconds: 0.25, restsOn: 'two functions that are warm' },
  dispatch: { seconds: 2, restsOn: 'SSM takes 1 to 2 s on AWS' },
  start: { seconds: 0.75, restsOn: 'a prepared container starts in half a second; HAProxy asks every 0.2 s' },
  route: { seconds: 0.25, restsOn: 'HAProxy lets what is parked go on' },
};

/**
 * The recovery, from the failure to the first answer of the standby. The data path does not wait for the
 * control path, so a phase may end after the whole is over: it then counts up to the end.
 */
export function recovery(failedAt: number, marks: Marks): { recoverySeconds: number; phases: Phases } {
  const end = Math.max(marks.route, failedAt);
  let from = failedAt;
  const phases = {} as Phases;
  // It was up before anybody else could have started it.
  const isWoken = marks.start < marks.dispatch;
  const ended = (name: PhaseName) => {
    if (name === 'detect' || name === 'route') return marks[name];
    if (name === 'wake') return isWoken ? marks.start : 0;
    return isWoken ? 0 : marks[name];
  };
  for (const name of phaseNames) {
    const until = name === 'route' ? end : Math.min(Math.max(ended(name), from), end);
    phases[name] = (until - from) / 1000;
    from = until;
  }
  return { recoverySeconds: (end - failedAt) / 1000, phases };
}
