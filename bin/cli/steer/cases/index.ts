import type { Clients } from '../clients.ts';
import type { Facts } from '../situation.ts';
import type { Case } from './case.ts';
import { nobody } from './nobody.ts';
import { primary } from './primary.ts';
import { standby } from './standby.ts';
import { unknown } from './unknown.ts';

/**
 * What `status` says and advises. The first line of a screen and its last one come from here, and so does the table
 * of all first lines in docs/runbook.md. Who serves is the site's word; the rest is what the control plane is about.
 * The worst comes first.
 */
export const cases: Readonly<Record<Clients['serving'], readonly Case[]>> = {
  nobody,
  unknown,
  standby,
  primary,
};

/** What is to be said about a service. */
export function caseOf(facts: Facts): Case {
  const { serving } = facts.clients;
  const found = cases[serving].find(({ when }) => when(facts));
  if (found) return found;
  throw new Error(`no case: ${serving} serves in phase ${facts.phase}`);
}
