import type { Asked, OperatorAnswer } from '../../../lambda/contract/events.ts';
import { CliError } from '../errors.ts';
import type { Target } from './target.ts';

/** What to do about a refusal is in what it says; this is for the exit code. */
export class Refused extends CliError {
  constructor(service: string, asked: Asked, { message, state }: OperatorAnswer) {
    super(
      `refused: ${asked.action} of ${service}: ${message} (phase ${state.phase}, epoch ${state.epoch})`,
      `"failover why --service ${service}" says how things stand, and what would help.`,
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
