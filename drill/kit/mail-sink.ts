import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import { DrillError } from './errors.ts';
import { Happened } from './event-log.ts';

/** A mail as it arrived. */
export interface Mail {
  /** Unix milliseconds. */
  readonly at: number;
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
}

/** A mail server that keeps what it gets and delivers nothing. */
export interface MailSink {
  readonly port: number;
  /** Everything that arrived, oldest first. */
  readonly mails: readonly Mail[];
  /**
   * Waits for a mail; one that has already arrived counts too.
   * @throws DrillError naming those that did arrive, if this one does not within the time
   */
  waitFor(predicate: (mail: Mail) => boolean, seconds: number): Promise<Mail>;
  stop(): Promise<void>;
}

/** What the sink accepts: a mail of a failover is a page of text. */
const MAX_MAIL_BYTES = 1024 * 1024;

/** Starts a sink on a loopback port (a free one without `port`), without TLS and login. */
export async function startMailSink(onMail: (mail: Mail) => void = () => {}, port = 0): Promise<MailSink> {
  const mails = new Happened<Mail>();
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    disableReverseLookup: true,
    size: MAX_MAIL_BYTES,
    onData(stream, session, done) {
      simpleParser(stream).then((parsed) => {
        const mail: Mail = {
          at: Date.now(),
          from: parsed.from?.text ?? '',
          // The envelope says who really gets it.
          to: session.envelope.rcptTo.map(({ address }) => address),
          subject: parsed.subject ?? '',
          text: parsed.text ?? '',
        };
        onMail(mail);
        mails.add(mail);
        done();
      }, done);
    },
  });
  server.listen(port, '127.0.0.1');
  await once(server.server, 'listening');
  // From here on only a client can fail, by going away in the middle of a mail: the sender's to repeat.
  server.on('error', () => {});
  return {
    port: (server.server.address() as AddressInfo).port,
    mails: mails.all,
    waitFor: (predicate, seconds) =>
      mails.first('a mail', predicate, { since: 0, seconds }).catch(() => {
        const subjects = mails.all.map(({ subject }) => JSON.stringify(subject)).join(', ');
        throw new DrillError(`no such mail arrived within ${seconds} s; these did: ${subjects || 'none'}`);
      }),
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
