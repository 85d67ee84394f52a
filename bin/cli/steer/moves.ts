import type { Entry } from '../../../lambda/domain/history.ts';
import type { Reason } from '../../../lambda/domain/reasons.ts';

/** A move from one site to the other, put together from the audit. Moments are Unix milliseconds. */
export type Move = {
  readonly kind: 'failover' | 'switchover' | 'failback' | 'abandoned failover';
  readonly epoch: number;
  readonly reason: Reason;
  readonly by?: string;
  /** When it was decided. */
  readonly decidedAt: number;
  /** When the other site was seen to serve, or the standby was asleep again; absent while it is under way. */
  readonly endedAt?: number;
  /**
   * From the first bad sign of the site to the healthy answer of the standby, as the control plane knows it: what
   * came before (HAProxy's detection) and after (its check of the standby) is not in it. Only of a failover.
   */
  readonly recoverySeconds?: number;
  /** Seconds, in their order. */
  readonly phases: Readonly<Record<string, number>>;
  /** Commands that failed on the way. */
  readonly failures: number;
};

const beginnings: Partial<Record<Entry['kind'], Move['kind']>> = {
  'failover-started': 'failover',
  'switchover-started': 'switchover',
  'failback-started': 'failback',
  'failover-abandoned': 'abandoned failover',
};

/**
 * The moves in a history, the newest first. The audit knows no requests: HAProxy's metrics have those.
 * @param newestFirst as it is stored; a move whose beginning is missing is left out
 */
export function movesOf(newestFirst: readonly Entry[]): Move[] {
  const entries = [...newestFirst].reverse();
  return entries
    .flatMap((entry, index) => {
      const kind = beginnings[entry.kind];
      return kind ? [moveFrom(kind, entry, entries, index)] : [];
    })
    .reverse();
}

function moveFrom(kind: Move['kind'], begun: Entry, entries: readonly Entry[], index: number): Move {
  const { epoch, reason, by, at: decidedAt } = begun;
  const during = entries.slice(index + 1).filter((entry) => entry.epoch === epoch);
  const toStandby = kind === 'failover' || kind === 'switchover';
  const end = during.find(
    ({ kind: each }) => each === (toStandby ? 'failover-completed' : 'failback-completed'),
  );
  const warmedAt = kind === 'failover' ? startedAhead(entries.slice(0, index)) : undefined;
  const isFailover = kind === 'failover';
  const wokenAt = isFailover ? end?.wokenAt : undefined;
  const signs = [isFailover ? badSince(begun) : undefined, wokenAt, warmedAt, decidedAt];
  const signAt = Math.min(...signs.filter((at) => at !== undefined));
  // Clients are served from then on, whether it is decided or not.
  const answeredAt = end?.answeredAt ?? end?.at;
  const seconds = (from: number, to: number) => (to - from) / 1000;
  const ofWake = wokenAt !== undefined && answeredAt !== undefined;
  const phases = {
    ...(ofWake && { 'woken by the site to healthy standby': seconds(wokenAt, answeredAt) }),
    ...(isFailover && {
      [`first sign to ${warmedAt === undefined ? 'decision' : 'start ahead'}`]: seconds(
        signAt,
        warmedAt ?? decidedAt,
      ),
    }),
    ...(toStandby &&
      !ofWake &&
      answeredAt && {
        [`${warmedAt === undefined ? 'decision' : 'start ahead'} to healthy standby`]: seconds(
          warmedAt ?? decidedAt,
          answeredAt,
        ),
      }),
    ...(!toStandby && end && { 'drain and stop': seconds(decidedAt, end.at) }),
  };
  return {
    kind,
    epoch,
    reason,
    ...(by !== undefined && { by }),
    decidedAt,
    ...(end && { endedAt: end.at }),
    ...(isFailover && answeredAt && { recoverySeconds: seconds(signAt, answeredAt) }),
    phases,
    failures: during.filter((entry) => entry.kind === 'command-failed').length,
  };
}

/** Since when the site had said that something is wrong; undefined for a move that it had no part in. */
function badSince({ seen }: Entry): number | undefined {
  return seen?.said === 'down' || seen?.said === 'suspected' ? seen.since : undefined;
}

/** When the standby was started on the suspicion that led to a failover. */
function startedAhead(before: readonly Entry[]): number | undefined {
  const last = before.findLast(({ kind }) => kind === 'standby-warmed' || kind === 'suspicion-passed');
  return last?.kind === 'standby-warmed' && before.at(-1)?.epoch === last.epoch ? last.at : undefined;
}
