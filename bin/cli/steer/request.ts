import type { Asked, OperatorAnswer } from '../../../lambda/contract/events.ts';
import { type Reason, reasons } from '../../../lambda/domain/reasons.ts';
import { CliError } from '../errors.ts';
import type { Target } from './target.ts';
import { typed } from './typed.ts';

type Action = Exclude<Asked['action'], 'status' | 'pause'>;

/** The way out of each refusal; `type` makes a command that can be typed. */
const waysOut: Readonly<
  Record<Action, { readonly [R in Reason]?: (type: (args: string) => string) => string }>
> = {
  resume: { 'not-paused': () => 'Nothing has to be resumed: automation acts already.' },
  acknowledge: { 'not-flapping': () => 'Nothing has to be acknowledged: the usual rules hold.' },
  switchover: {
    'standby-already-in-charge': (type) =>
      `To see who serves: ${type('status')}. To go home: ${type('failback')}.`,
    'primary-not-healthy': (type) =>
      `A planned move starts from a healthy primary. If the primary is lost: ${type('failover')}.`,
  },
  failover: {
    'standby-already-in-charge': (type) =>
      `It need not be asked for again: the start is tried until it succeeds. What stands in its way: ${type('why')}.`,
  },
  failback: {
    'primary-already-in-charge': (type) => `To see what is still under way: ${type('status')}.`,
    'primary-not-healthy': (type) =>
      `Start the primary first. When ${type('status')} says "primary    up", ask again. As soon as it answers, HAProxy sends it the clients in any case.`,
  },
  'self-test': {
    'move-under-way': (type) => `Ask again when the move is done: ${type('status')}.`,
    'primary-not-healthy': (type) =>
      `A self-test waits for a healthy primary, because the standby may be needed: ${type('status')}.`,
  },
};

/** What to do about a refusal. @param message the sentence of its reason */
export function wayOut(service: string, asked: Asked, message: string): string {
  const { action } = asked;
  const ways = action === 'status' || action === 'pause' ? {} : waysOut[action];
  const reason = (Object.keys(ways) as Reason[]).find((one) => reasons[one] === message);
  const way = reason && ways[reason];
  return way ? way((args) => `"${typed(args, service)}"`) : `How things stand: "${typed('why', service)}".`;
}

export class Refused extends CliError {
  constructor(service: string, asked: Asked, { message, site, state }: OperatorAnswer) {
    super(
      `refused: ${asked.action} of ${service}: ${message} (the ${site} is in charge, epoch ${state.epoch})`,
      wayOut(service, asked, message),
      3,
    );
  }
}

/** @throws Refused if the control plane says no */
export async function request(target: Target, service: string, asked: Asked): Promise<OperatorAnswer> {
  const answer = await target.ask(service, asked);
  if (answer.accepted) return answer;
  throw new Refused(service, asked, answer);
}
