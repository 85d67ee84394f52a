import type { Action } from '../../../lambda/domain/state.ts';
import type { Account } from '../../load/account.ts';
import type { Stage } from '../../stage/stage.ts';
import type { Check } from '../../verify/check.ts';
import { commandsSent, mailsAbout, servedBy, standbyAnswers } from './outside.ts';

/** What a scenario asks of the world at its end. Each says what was seen, held or not. */

/** The primary serves, the standby sleeps, and so it is on record. */
export async function isHome(stage: Stage, epoch: number): Promise<Check[]> {
  const [by, answers, record] = await Promise.all([
    servedBy(stage),
    standbyAnswers(stage),
    isRecorded(stage, 'home', epoch),
  ]);
  return [
    check('the primary serves', by === 'primary', `${by} serves`),
    check('the standby sleeps', !answers, answers ? 'the standby answers' : 'the standby sleeps'),
    record,
  ];
}

/** The standby serves, and so it is on record. */
export async function isOnStandby(stage: Stage, epoch: number): Promise<Check[]> {
  const [by, record] = await Promise.all([servedBy(stage), isRecorded(stage, 'serving', epoch)]);
  return [check('the standby serves', by === 'standby', `${by} serves`), record];
}

async function isRecorded(stage: Stage, wanted: 'home' | 'serving', wantedEpoch: number): Promise<Check> {
  const { phase, epoch, why } = await stage.state();
  return check(
    `on record: ${wanted} in epoch ${wantedEpoch}`,
    phase === wanted && epoch === wantedEpoch,
    `${phase} in epoch ${epoch} (${why})`,
  );
}

/** No request that is harmless to repeat was lost, and none that is not was executed twice. */
export function lostNothing({ idempotent, nonIdempotent, slowestSeconds }: Account): Check[] {
  return [
    check(
      'no idempotent request was lost',
      idempotent.sent > 0 && idempotent.lost === 0,
      [`${idempotent.lost} of ${idempotent.sent} idempotent lost`, ...idempotent.firstLost].join('; '),
    ),
    check(
      'no POST was executed twice',
      nonIdempotent.executedTwice === 0,
      `${nonIdempotent.lost} of ${nonIdempotent.sent} POST lost, ${nonIdempotent.executedTwice} executed twice, slowest answer ${slowestSeconds.toFixed(1)} s`,
    ),
  ];
}

/** Every subscriber got so many mails with these words. */
export function wasTold(stage: Stage, words: string, times = 1): Check {
  const count = mailsAbout(stage, words);
  return check(`people were told "${words}" ${times} ×`, count === times, `${count} × "${words}"`);
}

export function wasSent(stage: Stage, action: Action, times: number): Check {
  const count = commandsSent(stage, action);
  return check(`${times} × ${action} was sent`, count === times, `${count} × ${action} sent`);
}

export function check(name: string, held: boolean, observed: string): Check {
  return { name, held, observed };
}
