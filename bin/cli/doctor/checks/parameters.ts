import { parameterName } from '../../../../lambda/contract/names.ts';
import { certificateOf, isSame } from '../../site/certificate.ts';
import { readIfThere } from '../../site/files.ts';
import { CannotLook } from '../cannot-look.ts';
import { type Check, check } from '../check.ts';
import type { Examined } from '../examined.ts';

/** Site and host show each other their certificates in two parameters; what is pinned must be what is shown. */
export const parameterChecks: readonly Check[] = [
  check('site-certificate', {
    whether: "the cloud has this site's certificate",
    remedies: {
      nothing:
        'Run "npm run failover -- site init": it puts the certificate of this site in front of the host.',
      differs:
        'If this deployment was set up from another folder or machine, copy its secrets/site.pem here. If that one is gone, run "npm run failover -- site init --force", which takes its place.',
    },
    async run(examined, fail) {
      const file = examined.bundle.siteCertificateFile;
      const { name, known, isPinned } = await compare(examined, 'site', file);
      if (!known) fail('nothing', `the parameter ${name} holds no certificate`);
      if (!isPinned) fail('differs', `the parameter ${name} has another certificate than ${file}`);
      return 'the same';
    },
  }),

  check('standby-certificate', {
    whether: 'the certificate of the host that is pinned here is the one that the host made',
    remedies: {
      nothing:
        'Deploy this version ("npm run failover -- deploy") and run "npm run failover -- site init", so that the host prepares itself.',
      differs:
        'Run "npm run failover -- site init", which fetches it, and restart HAProxy: docker compose up --detach --force-recreate haproxy.',
    },
    async run(examined, fail) {
      const file = examined.bundle.standbyCertificateFile;
      const { name, known, isPinned } = await compare(examined, 'standby', file);
      if (!known) fail('nothing', `the parameter ${name} holds no certificate`);
      if (!isPinned) fail('differs', `the parameter ${name} has another certificate than ${file}`);
      return 'the same';
    },
  }),
];

async function compare(examined: Examined, whose: 'site' | 'standby', file: string) {
  const { session, config } = await examined.cloud();
  const text = readIfThere(file);
  if (text === undefined) throw new CannotLook(`${file} is missing; see certificates`);
  const { readParameter } = await import('../../aws/parameters.ts');
  const name = parameterName[`${whose}Certificate`](config.name);
  const known = await readParameter(session, name);
  const isPinned = known !== undefined && isSame(certificateOf(known, name), certificateOf(text, file));
  return { name, known, isPinned };
}
