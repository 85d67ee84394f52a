import type { ConfigName, FaultName } from '../../../drill/bench/plan.ts';
import type { ControlRecord, Run } from '../../../drill/bench/runs.ts';
import { type Account, account, type RequestResult } from '../../../drill/load/account.ts';

/** A request of a GET or POST that was answered well, or, with a bad status, was lost. */
export function result(method: string, start: number, end: number, status = 200): RequestResult {
  return { requestId: `${method}${start}`, method, start, end, status, servedBy: 'primary/a', error: null };
}

interface Figures {
  readonly recovery?: number;
  readonly lostIdempotent?: number;
  readonly lostPost?: number;
  readonly inFlight?: number;
  readonly executedTwice?: number;
  readonly slowest?: number;
  readonly control?: ControlRecord;
}

/** A run with these figures and otherwise nothing remarkable. */
export function run(config: ConfigName, fault: FaultName, figures: Figures = {}): Run {
  const requests: Account = account([], []);
  const { recovery = 2, lostIdempotent = 0, lostPost = 0, inFlight = 0, executedTwice = 0 } = figures;
  return {
    config,
    fault,
    requests: {
      ...requests,
      executedTwice,
      slowestSeconds: figures.slowest ?? 0.1,
      idempotent: { ...requests.idempotent, lost: lostIdempotent },
      nonIdempotent: { ...requests.nonIdempotent, lost: lostPost },
    },
    recoverySeconds: recovery,
    repairedSeconds: recovery + 2,
    postsInFlight: inFlight,
    control: figures.control,
    losses: [],
    samples: [],
  };
}

/** The phases of a recovery of two seconds. */
export const phases = { detect: 0.1, wake: 0, alert: 0.3, decide: 0.1, dispatch: 1, start: 0.4, route: 0.1 };
