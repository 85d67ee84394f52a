import { alertStorm } from './alert-storm.ts';
import { alertmanagerDead } from './alertmanager-dead.ts';
import { crash } from './api-crash.ts';
import { errors } from './api-errors.ts';
import { hang } from './api-hang.ts';
import { awsDead } from './aws-dead.ts';
import { blip } from './blip.ts';
import { dispatchEventLost } from './dispatch-event-lost.ts';
import { dispatchThrottled } from './dispatch-throttled.ts';
import { duplicateAlertmanagers } from './duplicate-alertmanagers.ts';
import { eventsUndeliverable } from './events-undeliverable.ts';
import { falseResolved } from './false-resolved.ts';
import { flapping } from './flapping.ts';
import { forgedWebhook } from './forged-webhook.ts';
import { frozenStale } from './frozen-stale.ts';
import { functionCrash } from './function-crash.ts';
import { hookVeto } from './hook-veto.ts';
import { hostOff } from './host-off.ts';
import { hostTerminated } from './host-terminated.ts';
import { imageBroken } from './image-broken.ts';
import { lineDead } from './line-dead.ts';
import { lostResolved } from './lost-resolved.ts';
import { mailDead } from './mail-dead.ts';
import { noCapacity } from './no-capacity.ts';
import { operatorMoves } from './operator-moves.ts';
import { pausedWake } from './paused-wake.ts';
import { prometheusDead } from './prometheus-dead.ts';
import { redeployImage } from './redeploy-image.ts';
import { redeployReplacedHost } from './redeploy-replaced-host.ts';
import { redeployWhileServing } from './redeploy-while-serving.ts';
import { secretRotated } from './secret-rotated.ts';
import { selfTest } from './self-test.ts';
import { siteCutOff } from './site-cut-off.ts';
import { siteDark } from './site-dark.ts';
import { standbyCrash } from './standby-crash.ts';
import { strangers } from './strangers.ts';
import type { Scenario } from './support/scenario.ts';
import { wakeWhileStopping } from './wake-while-stopping.ts';
import { wokenForNothing } from './woken-for-nothing.ts';

/** Everything that can be rehearsed. The first is what a drill does unless it is told otherwise. */
export const scenarios: readonly Scenario[] = [
  crash,
  hang,
  errors,
  blip,
  flapping,
  awsDead,
  lineDead,
  wokenForNothing,
  wakeWhileStopping,
  frozenStale,
  pausedWake,
  duplicateAlertmanagers,
  lostResolved,
  falseResolved,
  prometheusDead,
  alertmanagerDead,
  siteDark,
  siteCutOff,
  dispatchThrottled,
  dispatchEventLost,
  eventsUndeliverable,
  hostOff,
  noCapacity,
  imageBroken,
  mailDead,
  standbyCrash,
  functionCrash,
  forgedWebhook,
  strangers,
  alertStorm,
  hookVeto,
  selfTest,
  operatorMoves,
  redeployImage,
  redeployReplacedHost,
  redeployWhileServing,
  secretRotated,
  hostTerminated,
];
