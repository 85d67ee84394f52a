import * as v from 'valibot';
import { described } from './described.ts';
import { count, seconds } from './values.ts';

/** `policy` of failover.yaml. */
export const policy = v.strictObject({
  leaseSeconds: described(
    v.optional(seconds(10, 600), 30),
    'Evidence that the primary is down counts for this long.',
  ),
  heartbeatTimeoutSeconds: described(
    v.optional(seconds(15, 600), 45),
    'Evidence that the primary is up counts for this long; a longer gap breaks its run of health.',
  ),
  stableSeconds: described(
    v.optional(seconds(0, 86_400), 60),
    'How long the primary must have been up without a break before traffic is called home.',
  ),
  cooldownSeconds: described(
    v.optional(seconds(0, 86_400), 300),
    'The shortest stay on the standby after a completed failover.',
  ),
  drainSeconds: described(
    v.optional(seconds(0, 3600), 30),
    'From the return of traffic to the primary to the stop of the standby.',
  ),
  startOnSuspicion: described(
    v.optional(v.boolean(), true),
    'Start the standby at the first bad sign, before the failover is decided, and let the site wake it by itself over the line. Switch it off for a service whose start has side effects.',
  ),
  confirmSeconds: described(
    // An outage of a second lasts about three: a program has to start, and to be seen well for a second. Clients do
    // not wait for this, because HAProxy uses the standby as soon as it answers.
    v.optional(seconds(1, 60), 5),
    'With `startOnSuspicion`: how long the trouble must last before it counts as a failover. Clients do not wait for it.',
  ),
  flapLimit: described(
    v.optional(count(1, 1000), 3),
    'So many completed failovers within `flapWindowSeconds` are flapping: the service then stays on the standby until the primary has been up for `flapStableSeconds`, or an operator acknowledges.',
  ),
  flapWindowSeconds: described(v.optional(seconds(60, 86_400), 3600), 'See `flapLimit`.'),
  flapStableSeconds: described(v.optional(seconds(0, 86_400), 1800), 'See `flapLimit`.'),
  selfTestHours: described(
    v.optional(count(0, 8760)),
    'How often the standby is started, without traffic, to see whether it would; the first time soon after the deployment. 168 if left out, 0 for never; never as well while `startOnSuspicion` is off.',
  ),
  hostIdleSeconds: described(
    v.optional(seconds(60, 86_400), 900),
    'With `standby.pilotLight`: how long the instance is left running after its last use.',
  ),
});
