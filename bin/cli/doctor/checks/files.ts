import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { certificateOf, certificateWithKey } from '../../site/certificate.ts';
import { isExample, requiredNames } from '../../site/env-file.ts';
import { ownerOf, readIfThere } from '../../site/files.ts';
import { CannotLook } from '../cannot-look.ts';
import { type Check, check } from '../check.ts';

const day = 86_400_000;
/** Certificates of the link live for ten years: who is warned a month ahead has time. */
const warnDays = 30;

export const fileChecks: readonly Check[] = [
  check('env', {
    whether: 'the .env of the site is there and says all that is required',
    remedies: {
      missing: 'Run "npm run failover -- site init", which writes it.',
      incomplete: 'Run "npm run failover -- site init", and fill in by hand what it lists.',
    },
    async run({ bundle, envProblem }, fail) {
      if (envProblem) throw envProblem;
      const { envFile, envText, env } = bundle;
      if (envText === undefined) fail('missing', `${envFile} is missing`);
      const missing = requiredNames().filter((name) => !env[name]);
      if (missing.length > 0) fail('incomplete', `${envFile} does not set ${missing.join(', ')}`);
      return `${requiredNames().length} required variables are set`;
    },
  }),

  check('example-values', {
    whether: 'nothing in .env is still the value of the example',
    remedies: { example: 'Put your own values there: .env.example says what each is.' },
    async run({ bundle }, fail) {
      const { envFile, envText, env } = bundle;
      if (envText === undefined) throw new CannotLook(`there is no ${envFile} to read; see env`);
      const left = requiredNames().filter((name) => isExample(name, env[name]));
      if (left.length > 0) fail('example', `still the example's: ${left.join(', ')}`);
      return 'all values are your own';
    },
  }),

  check('secrets', {
    whether: 'the secrets are there, the containers can read them, and nobody else can',
    remedies: {
      missing: 'Run "npm run failover -- site init", which writes it.',
      password: 'Put the password of the mail server there, and nothing else.',
      open: 'Keep others out: chmod 700 the folder.',
      owner:
        'The containers run as SITE_USER, and only the owner may read: chown the folder of the secrets to it.',
    },
    async run({ bundle }, fail) {
      const { dir, env, tokenFile, siteCertificateFile } = bundle;
      const secrets = [tokenFile, siteCertificateFile];
      const missing = secrets.filter((file) => !readIfThere(file)?.trim());
      if (missing.length > 0) fail('missing', `${missing.join(', ')}: missing or empty`);
      if (env.SMTP_USERNAME) {
        const file = resolve(dir, env.SMTP_PASSWORD_FILE ?? 'secrets/smtp_password');
        if (!readIfThere(file)?.trim())
          fail('password', `SMTP_USERNAME is set, and ${file} is missing or empty`);
        secrets.push(file);
      }
      const open = secrets.filter((file) => isOpen(file) && isOpen(dirname(file)));
      if (open.length > 0) fail('open', `other users of this machine can read ${open.join(', ')}`);
      const owner = ownerOf(env);
      const foreign = secrets.filter(
        (file) => owner && statSync(file, { throwIfNoEntry: false })?.uid !== owner.uid,
      );
      if (foreign.length > 0) fail('owner', `not owned by SITE_USER ${env.SITE_USER}: ${foreign.join(', ')}`);
      return `${secrets.length} files, closed to others`;
    },
  }),

  check('certificates', {
    whether: 'the certificates of the link to the standby are there and valid for another month',
    remedies: {
      missing: 'Run "npm run failover -- site init", which makes one and fetches the other.',
      expiring:
        'If it is site.pem, remove it and run "npm run failover -- site init --force". If it is standby.crt, remove /etc/hybrid-failover/link/standby.pem on the host, send it the action prepare, and run "npm run failover -- site init".',
    },
    async run({ bundle, clock }, fail) {
      const { siteCertificateFile: siteFile, standbyCertificateFile: standbyFile } = bundle;
      const texts = [siteFile, standbyFile].map(
        (file) => readIfThere(file) ?? fail('missing', `${file} is missing`),
      );
      const [site = '', standby = ''] = texts;
      const both = [
        { file: siteFile, until: certificateWithKey(site, siteFile).validToDate.getTime() },
        { file: standbyFile, until: certificateOf(standby, standbyFile).validToDate.getTime() },
      ];
      const [first] = both.sort((one, other) => one.until - other.until);
      const { file = '', until = 0 } = first ?? {};
      const date = new Date(until).toISOString().slice(0, 10);
      if (until - clock() < warnDays * day) {
        fail('expiring', `${file} ${until < clock() ? 'expired on' : 'is valid only until'} ${date}`);
      }
      return `valid until ${date}`;
    },
  }),
];

/** For users who are neither its owner nor of its group, or are of its group. */
function isOpen(path: string): boolean {
  const { mode = 0 } = statSync(path, { throwIfNoEntry: false }) ?? {};
  return (mode & 0o077) !== 0;
}
