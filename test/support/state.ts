import { readState } from '../../lambda/contract/records.ts';
import type { Phase } from '../../lambda/domain/phase.ts';
import {
  type Action,
  type Command,
  type CommandStatus,
  initialState,
  type OwnState,
  type SharedState,
  type State,
} from '../../lambda/domain/state.ts';

type Own = OwnState['warming'] & OwnState['starting'] & OwnState['serving'];

/** What a row wants to be different; of what phases have of their own, each takes what it has. */
export type Changes = Partial<SharedState & Own>;

/** A state in a phase, read as it would be from the table. */
export const stateIn = (phase: Phase, changes: Changes = {}): State =>
  readState('api', { ...initialState('api'), ...changes, phase });

/** With what every phase can have, for a test that does not care which phase it is. */
export const loose = (state: State) => state as SharedState & Partial<Own> & { readonly phase: Phase };

type CommandChanges = Partial<Pick<Command, 'serial' | 'attempt' | 'requestedAt'>> & Partial<CommandStatus>;

/** @param changes of a command that has been recorded, and not sent yet */
export const commandFor = (action: Action, changes: CommandChanges = {}): Command =>
  ({ action, serial: 41, attempt: 1, requestedAt: 0, status: 'requested', ...changes }) as Command;
