import { once } from 'node:events';
import { connect } from 'node:tls';
import { codeOf, messageOf } from '../../errors.ts';
import { CannotLook } from '../cannot-look.ts';
import { type Check, check } from '../check.ts';
import { type Examined, need } from '../examined.ts';
import { certificatesOf, standbyName } from './standby.ts';

const limitMilliseconds = 8000;

export const lineChecks: readonly Check[] = [
  check('line', {
    whether: 'this site can wake the standby: the host answers on the line, also while the standby sleeps',
    remedies: {
      closed:
        'Check that this site\'s public address is within standby.host.siteCidrs, that nothing on the way filters the port (standby.linePort), and that the host has prepared itself (host-prepared); on the host: "journalctl -u failover-line". Until then only the alerts start the standby.',
      refused:
        'Run "npm run failover -- site init", which brings the certificates of both sides together, and restart HAProxy.',
      unknown: 'Compare SERVICE_NAME with the name in failover.yaml, and look at host-prepared.',
    },
    async run(examined, fail) {
      const text = examined.bundle.env.STANDBY_LINE_ADDRESS ?? 'none';
      if (text === 'none')
        throw new CannotLook(
          'STANDBY_LINE_ADDRESS is not set, so only the alerts start the standby; "npm run failover -- site init" fills it in',
        );
      let answer: string;
      try {
        answer = await ask(examined, text, `who is in charge of ${need(examined, 'SERVICE_NAME')}`);
      } catch (error) {
        if (error instanceof CannotLook) throw error;
        const code = codeOf(error);
        const isTls = code.startsWith('ERR_SSL_') || /CERT|ALTNAME|SELF_SIGNED|VERIFY/.test(code);
        if (isTls) return fail('refused', `${text}: the certificates do not fit each other (${code})`);
        return fail('closed', `${text} cannot be reached (${code || messageOf(error)})`);
      }
      if (answer === '') return fail('refused', `${text}: the host ended the connection without an answer`);
      if (answer.startsWith('refused')) return fail('unknown', `the host says: ${answer}`);
      return `the host answers: ${answer}`;
    },
  }),
];

/** What the host answers to one line; nothing if it ends the connection. */
async function ask(examined: Examined, text: string, words: string): Promise<string> {
  const [, host = '', port = ''] = /^\[?(.*?)\]?:(\d+)$/.exec(text) ?? [];
  if (!host) throw new CannotLook(`STANDBY_LINE_ADDRESS is ${text}, expected host:port or none`);
  const { site, standby } = certificatesOf(examined);
  const signal = AbortSignal.any([examined.signal, AbortSignal.timeout(limitMilliseconds)]);
  const socket = connect({
    host,
    port: Number(port),
    servername: standbyName,
    cert: site,
    key: site,
    ca: standby,
  });
  try {
    await once(socket, 'secureConnect', { signal });
    let said = '';
    socket.setEncoding('utf8').on('data', (part: string) => {
      said += part;
    });
    const ended = once(socket, 'close', { signal });
    socket.write(`${words}\n`);
    await ended;
    return said.trim();
  } finally {
    socket.destroy();
  }
}
