/**
 * Times that contain one another, in seconds. A command waits for the one in front of it, then works; the script's limit
 * contains both, and the control plane waits longer than that before it counts a command as lost.
 */

/** How long one wake counts, over the line; the site renews it every two seconds (onprem/haproxy/line.lua). */
export const wakeLeaseSeconds = 10;

/** Of one service, from failover.yaml. */
export type Waits = {
  readonly startTimeoutSeconds: number;
  readonly stopGraceSeconds: number;
  readonly hookTimeoutSeconds: number;
};

/** For Docker itself, and for the link to come up. */
const overheadSeconds = 20;

/**
 * The longest that a command works on the host: a start that pulls an image that is not there, ends a container that
 * does not answer, waits for the health of the new one, and runs both hooks.
 */
export const workSeconds = ({ startTimeoutSeconds, stopGraceSeconds, hookTimeoutSeconds }: Waits): number =>
  2 * startTimeoutSeconds + stopGraceSeconds + 2 * hookTimeoutSeconds + overheadSeconds;

/** How long a command waits for the one in front of it. */
export const lockWaitSeconds = (waits: Waits): number => workSeconds(waits);

/** To end in order, with a reason on the last line. */
const endSeconds = 10;

/** After so long the agent ends the script. */
export const scriptSeconds = (waits: Waits): number =>
  lockWaitSeconds(waits) + workSeconds(waits) + endSeconds;

/** How long Systems Manager keeps a command for a host that does not fetch it; 30 s is the least it takes. */
export const deliverySeconds = 30;

/** Until the end of a command is known everywhere. */
const reportSeconds = 20;

/** A command without a result by then has failed. */
export const commandSeconds = (waits: Waits): number =>
  deliverySeconds + scriptSeconds(waits) + reportSeconds;
