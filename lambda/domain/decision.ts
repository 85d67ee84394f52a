/** The result of a decision. */

import type { Channel, Entry } from './history.ts';
import type { Site } from './phase.ts';
import type { Reason } from './reasons.ts';
import type { Action, State, Words } from './state.ts';

export type Effect =
  | ({
      readonly type: 'command';
      readonly action: Action;
      readonly epoch: number;
      readonly serial: number;
      readonly attempt: number;
    } & Words)
  /** `instanceType` is set before the start, when the policy knows more than one. */
  | { readonly type: 'start-capacity'; readonly instanceType?: string }
  | { readonly type: 'stop-capacity' }
  | { readonly type: 'deliver'; readonly entry: Entry; readonly channels: readonly Channel[] };

/** The answer to an operator: accepted, or why not. */
export type Answer = { readonly accepted: true } | { readonly accepted: false; readonly reason: Reason };

export type Decision = {
  /** The site that is in charge after this decision. */
  readonly site: Site;
  readonly reason: Reason;
  /** The same object as before if nothing changed. */
  readonly state: State;
  /** To be carried out only after `state` has been recorded. */
  readonly effects: readonly Effect[];
  /** To the request in the observation, if there was one. */
  readonly answer?: Answer;
};
