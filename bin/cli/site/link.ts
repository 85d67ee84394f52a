import { existsSync, rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { readParameter, writeParameter } from '../aws/parameters.ts';
import type { Session } from '../aws/session.ts';
import { CliError } from '../errors.ts';
import { prepareHost } from '../kinds/ec2/host.ts';
import type { Bundle } from './bundle.ts';
import { certificateOf, certificateWithKey, isSame, makeCertificate, pemOf } from './certificate.ts';
import { type Owner, readIfThere, replaceFile } from './files.ts';

const publishLimitSeconds = 30;

export type Link = {
  readonly session: Session;
  readonly parameters: { readonly site: string; readonly standby: string };
  readonly document: string;
  readonly instanceId: string;
  /** The host has prepared itself by then, or has failed to. */
  readonly limitSeconds: number;
  /** Of new files; who runs this without it. */
  readonly owner: Owner | undefined;
  /** Take the place of a site whose certificate the cloud has already. */
  readonly force: boolean;
  /** Told, in one line each, what takes time. */
  readonly say: (line: string) => void;
};

/**
 * Makes site and host know each other: each has the other's certificate, and no private key has left the
 * machine that made it. Does only what is missing. Answers which files it wrote.
 * @throws CliError
 */
export async function joinLink(bundle: Bundle, link: Link): Promise<readonly string[]> {
  const { siteCertificateFile: siteFile, standbyCertificateFile: standbyFile } = bundle;
  const { session, parameters, owner, say } = link;
  const written: string[] = [];
  const there = readIfThere(siteFile);
  const known = await readParameter(session, parameters.site);
  if (known !== undefined && !link.force) refuseAnother(there, known, siteFile, parameters.site);
  const pem = there ?? makeCertificate('site');
  const site = certificateWithKey(pem, siteFile);
  if (there === undefined) {
    replaceFile(siteFile, pem, owner);
    written.push(siteFile);
  }
  const isNew = known === undefined || !isSame(certificateOf(known, parameters.site), site);
  // Says, should this break off, that the host may not have the site's certificate yet.
  const joining = `${siteFile}.joining`;
  const pinned = readIfThere(standbyFile);
  if (isNew) replaceFile(joining, '', owner);
  // Whoever pins no certificate yet takes up the one that the host has now: that is told by writing the same again.
  if (isNew || pinned === undefined) await writeParameter(session, parameters.site, pemOf(site));
  let standby = await readParameter(session, parameters.standby);
  // Nothing pinned: the host may know this site, but not yet from the service of this bundle.
  if (existsSync(joining) || standby === undefined || pinned === undefined) {
    say(`the host ${link.instanceId} takes up the site's certificate …`);
    await prepareHost(session, link);
    standby = await published(session, parameters.standby);
  }
  const certificate = certificateOf(standby, parameters.standby);
  if (pinned === undefined || !isSame(certificate, certificateOf(pinned, standbyFile))) {
    replaceFile(standbyFile, pemOf(certificate), owner);
    // Tells the host that the site knows it now (lib/host/link.sh).
    await writeParameter(session, parameters.site, pemOf(site));
    written.push(standbyFile);
  }
  rmSync(joining, { force: true });
  return written;
}

/** The host accepts one certificate: a new one locks out the site that has the old one. */
function refuseAnother(there: string | undefined, known: string, file: string, parameter: string): void {
  if (there !== undefined && isSame(certificateOf(known, parameter), certificateOf(there, file))) return;
  throw new CliError(
    `${parameter} holds the certificate of a site already, and ${file} ${there === undefined ? 'is missing' : 'is another one'}`,
    `Copy secrets/site.pem from where the site was set up to ${file}, and run this again. With --force this site takes its place, and the host lets nobody in with the old one.`,
  );
}

/** The host writes it while it prepares itself; reading may lag behind writing for a moment. */
async function published(session: Session, name: string): Promise<string> {
  const deadline = Date.now() + publishLimitSeconds * 1000;
  for (;;) {
    const value = await readParameter(session, name);
    if (value !== undefined) return value;
    if (Date.now() > deadline) {
      throw new CliError(
        `the host has prepared itself, but its certificate is not in the parameter ${name}`,
        'Deploy this version ("npm run failover -- deploy"), so that the host runs its script, and run this again.',
      );
    }
    await delay(1000);
  }
}
