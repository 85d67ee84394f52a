/** The document that runs the host's script for one service (lib/host/standby.sh). */

export const hostActions = ['start', 'stop', 'prepare', 'inspect'] as const;
export type HostAction = (typeof hostActions)[number];

/** Exit code of the script for a command that is older than one that the host has run. */
export const supersededExitCode = 3;

/** `prepare` and `inspect` belong to no decision. */
export const noDecision = { epoch: 0, serial: 0 } as const;

export type DocumentParameters = {
  readonly action: string[];
  readonly epoch: string[];
  readonly serial: string[];
};

/** As Systems Manager takes them: lists of strings. */
export const documentParameters = (
  action: HostAction,
  { epoch, serial }: { readonly epoch: number; readonly serial: number },
): DocumentParameters => ({ action: [action], epoch: [String(epoch)], serial: [String(serial)] });
