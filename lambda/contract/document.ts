/** The document that runs the host's script for one service (lib/host/standby.sh). */

import type { Site } from '../domain/phase.ts';

export const hostActions = ['start', 'stop', 'tell', 'prepare', 'inspect'] as const;
export type HostAction = (typeof hostActions)[number];

/** Exit code of the script for a command that is older than one that the host has run. */
export const supersededExitCode = 3;

/** What a command tells the host of the decision that it carries out. */
export type DecisionWords = {
  readonly epoch: number;
  readonly serial: number;
  /** The site that is in charge. */
  readonly inCharge: Site;
  /** From when on the site may wake the standby, in Unix seconds; 0 for always. */
  readonly wakeFrom: number;
};

/** `prepare` and `inspect` belong to no decision; the host takes no words from them. */
export const noDecision: DecisionWords = { epoch: 0, serial: 0, inCharge: 'primary', wakeFrom: 0 };

export type DocumentParameters = {
  readonly action: string[];
  readonly epoch: string[];
  readonly serial: string[];
  readonly inCharge: string[];
  readonly wakeFrom: string[];
};

/** As Systems Manager takes them: lists of strings. */
export const documentParameters = (action: HostAction, words: DecisionWords): DocumentParameters => ({
  action: [action],
  epoch: [String(words.epoch)],
  serial: [String(words.serial)],
  inCharge: [words.inCharge],
  wakeFrom: [String(words.wakeFrom)],
});
