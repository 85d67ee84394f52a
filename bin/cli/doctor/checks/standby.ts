import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import { output } from '../../../../lambda/contract/names.ts';
import { codeOf, messageOf } from '../../errors.ts';
import { certificateOf } from '../../site/certificate.ts';
import { readIfThere } from '../../site/files.ts';
import { CannotLook } from '../cannot-look.ts';
import { type Check, check } from '../check.ts';
import { deployed, type Examined, need } from '../examined.ts';

/** The name in the host's certificate, which HAProxy asks for. */
export const standbyName = 'standby';
const connectLimitMilliseconds = 5000;

/** lib/host opens the port only while the container runs. A firewall that refuses looks the same. */
const asleep = 'nobody listens, as it should be while the standby sleeps; look again during a self-test';

function addressOf(examined: Examined): { host: string; port: number } {
  const text = need(examined, 'STANDBY_ADDRESS');
  const [, host = '', port = ''] = /^\[?(.*?)\]?:(\d+)$/.exec(text) ?? [];
  if (host) return { host, port: Number(port) };
  throw new CannotLook(`STANDBY_ADDRESS is ${text}, expected host:port`);
}

export const standbyChecks: readonly Check[] = [
  check('standby-port', {
    whether:
      'the port of the standby is reached from this site; while the standby sleeps nobody listens there',
    remedies: {
      address: 'Put the output StandbyAddress of the deployment there, and the port of the service.',
      closed:
        "Check that this site's public address is within standby.host.siteCidrs of failover.yaml, that the host runs, and that nothing on the way filters the port. With standby.pilotLight the host sleeps: then this is as it should be.",
    },
    async run(examined, fail) {
      const text = need(examined, 'STANDBY_ADDRESS');
      if (!/:\d+$/.test(text)) fail('address', `STANDBY_ADDRESS is ${text}, expected host:port`);
      try {
        (await connected(examined)).destroy();
        return `${text} is open`;
      } catch (error) {
        if (codeOf(error) === 'ECONNREFUSED') throw new CannotLook(asleep);
        if (await isAsleep(examined)) throw new CannotLook('the host sleeps (pilot light)');
        return fail('closed', `${text} cannot be reached (${wordFor(error)})`);
      }
    },
  }),

  check('standby-tls', {
    whether: "the host shows the certificate that is pinned here, and accepts the site's",
    remedies: {
      plain:
        'Deploy this version ("npm run failover -- deploy") and run "npm run failover -- site init", so that the host prepares itself.',
      other:
        'If the host was replaced, run "npm run failover -- site init", which fetches its new certificate. If not, find out who answers there before you do.',
      refused:
        'Run "npm run failover -- site init": it puts the certificate of this site in front of the host. If it changes nothing, have the host take it up: aws ssm send-command --document-name NAME-SERVICE --instance-ids ID --parameters action=prepare,epoch=0,serial=0.',
    },
    async run(examined, fail) {
      const { standbyCertificateFile: standbyFile } = examined.bundle;
      const { site, standby } = certificatesOf(examined);
      certificateOf(standby, standbyFile);
      const socket = await openOrSkip(examined);
      try {
        // In TLS 1.2 the handshake ends only when the host has accepted our certificate; in 1.3 it ends before.
        const secure = tls.connect({
          socket,
          servername: standbyName,
          cert: site,
          key: site,
          ca: standby,
          maxVersion: 'TLSv1.2',
        });
        await once(secure, 'secureConnect', { signal: examined.signal });
        return 'each side knows the other';
      } catch (error) {
        const code = codeOf(error);
        if (code === 'ERR_SSL_WRONG_VERSION_NUMBER')
          fail('plain', 'the host does not speak TLS on that port');
        if (code.startsWith('ERR_SSL_') || /^E[A-Z]+$/.test(code)) {
          fail('refused', `the host refuses the certificate of this site (${code})`);
        }
        return fail(
          'other',
          `the certificate of the host is not the one in ${standbyFile} (${code || messageOf(error)})`,
        );
      } finally {
        socket.destroy();
      }
    },
  }),

  check('standby-plain', {
    whether: 'the host answers nobody in clear text',
    remedies: {
      answers:
        'Deploy this version ("npm run failover -- deploy"): the container has to be reached through TLS only.',
    },
    async run(examined, fail) {
      const socket = await openOrSkip(examined);
      try {
        socket.write('GET / HTTP/1.1\r\nHost: standby\r\nConnection: close\r\n\r\n');
        const said = await firstWords(socket);
        if (said.startsWith('HTTP/'))
          fail('answers', `the host answers in clear text: ${said.split('\r\n')[0]}`);
        return 'refused';
      } finally {
        socket.destroy();
      }
    },
  }),
];

/** What this site proves itself with, and what it takes for the host. @throws CannotLook if one is missing */
export function certificatesOf({ bundle }: Examined): { site: string; standby: string } {
  const read = (file: string) => {
    const text = readIfThere(file);
    if (text !== undefined) return text;
    throw new CannotLook(`${file} is missing; see certificates`);
  };
  return { site: read(bundle.siteCertificateFile), standby: read(bundle.standbyCertificateFile) };
}

/** @throws CannotLook if the port is not open: another check says so */
async function openOrSkip(examined: Examined): Promise<net.Socket> {
  return connected(examined).catch((error) => {
    if (error instanceof CannotLook) throw error;
    if (codeOf(error) === 'ECONNREFUSED') throw new CannotLook(asleep);
    throw new CannotLook(`no connection (${wordFor(error)}); see standby-port`);
  });
}

async function connected(examined: Examined): Promise<net.Socket> {
  const socket = net.connect(addressOf(examined));
  const signal = AbortSignal.any([examined.signal, AbortSignal.timeout(connectLimitMilliseconds)]);
  try {
    await once(socket, 'connect', { signal });
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

function wordFor(error: unknown): string {
  const code = codeOf(error);
  return code === 'ABORT_ERR'
    ? `no answer within ${connectLimitMilliseconds / 1000} s`
    : code || messageOf(error);
}

/** What comes first, nothing if the connection ends or stays silent. */
function firstWords(socket: net.Socket): Promise<string> {
  return new Promise((resolve) => {
    socket.once('data', (chunk) => resolve(chunk.toString('latin1')));
    socket.once('error', () => resolve(''));
    socket.once('close', () => resolve(''));
    socket.setTimeout(connectLimitMilliseconds, () => resolve(''));
  });
}

/** False as well if nobody here can tell. */
async function isAsleep(examined: Examined): Promise<boolean> {
  try {
    const side = await examined.cloud();
    if (!side.config.standby.pilotLight) return false;
    const { instanceState } = await import('../../kinds/ec2/host.ts');
    return (await instanceState(side.session, await deployed(side, output.instanceId))) === 'stopped';
  } catch (error) {
    if (error instanceof CannotLook) return false;
    throw error;
  }
}
