import type { Stage } from '../../stage/stage.ts';
import type { Check } from '../../verify/check.ts';
import type { Tools } from './tools.ts';
import { check, isHome, lostNothing, wasTold } from './verdicts.ts';

/** How a primary fails and is repaired; each answers its moment. */
export interface Break {
  readonly strike: () => Promise<number> | number;
  readonly repair: () => Promise<number> | number;
  /** Clients are answered again by then; 10 s without it. */
  readonly recoverySeconds?: number;
}

export const seconds = { away: 45, serving: 45, back: 45, home: 60 } as const;

/** The whole way under traffic: the primary fails, the standby serves, the primary is repaired, home. */
export async function awayAndHome(
  stage: Stage,
  tools: Tools,
  { strike, repair, recoverySeconds = 10 }: Break,
): Promise<Check[]> {
  const clients = await tools.clients();
  const since = await strike();
  const away = await clients.answeredBy('standby', 'clients are answered by the standby', {
    since,
    seconds: seconds.away,
  });
  await tools.recorded('serving', seconds.serving, 1);
  const repaired = await repair();
  await clients.answeredBy('primary', 'clients are answered by the primary again', {
    since: repaired,
    seconds: seconds.back,
  });
  await tools.recorded('home', seconds.home, 2);
  await tools.told('the standby sleeps', 10);
  const recovery = (away.at - since) / 1000;
  return [
    check(
      `clients are answered again within ${recoverySeconds} s`,
      recovery <= recoverySeconds,
      `answered again after ${recovery.toFixed(1)} s`,
    ),
    ...lostNothing(await clients.finish()),
    ...(await isHome(stage, 2)),
    wasTold(stage, 'failover to the standby started'),
    wasTold(stage, 'the standby sleeps'),
  ];
}

/** Until the standby serves, and no further: for what is to happen while it does. */
export async function away(tools: Tools): Promise<void> {
  await tools.primary.kill();
  await tools.recorded('serving', seconds.serving, 1);
}
