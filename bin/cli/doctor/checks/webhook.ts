import { lookup } from 'node:dns/promises';
import { codeOf, messageOf } from '../../errors.ts';
import { type Answer, request } from '../../http.ts';
import { readIfThere } from '../../site/files.ts';
import { isReceiversAnswer, postHarmless, proxyOf } from '../../webhook.ts';
import { CannotLook } from '../cannot-look.ts';
import { type Check, check } from '../check.ts';
import { type Examined, need } from '../examined.ts';

/** Older evidence counts for a repeat by an Alertmanager whose Prometheus is dead (lambda/domain/evidence.ts). */
const mostSkewSeconds = 8;
/** The Date header has whole seconds, and the answer takes a moment: warn before it costs a failover. */
const warnSkewSeconds = 4;

function webhookOf(examined: Examined): URL {
  const text = need(examined, 'FAILOVER_WEBHOOK_URL');
  const url = URL.parse(text);
  if (url) return url;
  throw new CannotLook(`FAILOVER_WEBHOOK_URL is no URL: ${text}`);
}

export const webhookChecks: readonly Check[] = [
  check('webhook-name', {
    whether: 'the name of the webhook resolves, or that of the forward proxy on the way to it',
    remedies: {
      unknown:
        'Compare FAILOVER_WEBHOOK_URL with the output WebhookUrl of the deployment, and check the DNS server of this machine.',
      proxy:
        'Give the proxy as http://host:port in WEBHOOK_PROXY_URL, and check the DNS server of this machine.',
      invalid: 'Put the output WebhookUrl of the deployment there.',
    },
    async run(examined, fail) {
      const text = need(examined, 'FAILOVER_WEBHOOK_URL');
      const url = URL.parse(text) ?? fail('invalid', `FAILOVER_WEBHOOK_URL is no URL: ${text}`);
      const proxy = proxyOf(examined.bundle);
      // The proxy looks up what it is asked for.
      const first = proxy === undefined ? url : URL.parse(proxy);
      // The URL may hold a password.
      if (!first?.hostname) return fail('proxy', 'WEBHOOK_PROXY_URL is no URL with a host');
      try {
        const { address } = await lookup(first.hostname.replace(/^\[|\]$/g, ''));
        return `${first.hostname} is ${address}`;
      } catch (error) {
        const kind = proxy === undefined ? 'unknown' : 'proxy';
        return fail(kind, `${first.hostname} does not resolve (${codeOf(error)})`);
      }
    },
  }),

  check('webhook-tls', {
    whether: 'the webhook is reached over TLS and its certificate is valid',
    remedies: {
      plain: 'Use the https URL that the deployment printed: over http the token would travel in clear text.',
      unreachable:
        'Let this machine out to the internet on that port: firewall, route; where a forward proxy is the only way out, name it in WEBHOOK_PROXY_URL.',
      certificate:
        'Check what is between this machine and AWS: a proxy that opens TLS has to be trusted by Alertmanager too, or be told to leave this host alone.',
    },
    async run(examined, fail) {
      const url = webhookOf(examined);
      if (examined.isDrill) throw new CannotLook('a held drill stands in for AWS without TLS');
      if (url.protocol !== 'https:') fail('plain', `FAILOVER_WEBHOOK_URL begins with ${url.protocol}//`);
      const through = proxyOf(examined.bundle) === undefined ? '' : ' through the proxy';
      try {
        const { certificateValidTo = '' } = await request(url.origin, optionsOf(examined));
        return `certificate valid until ${new Date(certificateValidTo).toISOString().slice(0, 10)}${through}`;
      } catch (error) {
        const code = codeOf(error);
        const isNetwork = /^(E[A-Z]+|ABORT_ERR|ERR_PROXY_\w+)$/.test(code);
        if (isNetwork) fail('unreachable', `${url.host} cannot be reached${through} (${code})`);
        return fail(
          'certificate',
          `the TLS connection to ${url.host}${through} is refused here: ${messageOf(error)}`,
        );
      }
    },
  }),

  check('clock', {
    whether: `the clock of this machine is right: a site that is ${mostSkewSeconds} s behind looks dead from the cloud`,
    remedies: {
      skewed: 'Set up time synchronisation (chrony or systemd-timesyncd), and run this again.',
    },
    async run(examined, fail) {
      const url = webhookOf(examined);
      const { date, halfwaySeconds } = await askForTime(url.href, examined);
      // On average the header is half a second old.
      const behind = date + 0.5 - halfwaySeconds;
      const text = `${Math.abs(behind).toFixed(1)} s ${behind > 0 ? 'behind' : 'ahead'}`;
      if (Math.abs(behind) > warnSkewSeconds) {
        fail('skewed', `the clock is ${text}; at ${mostSkewSeconds} s the site counts as dead`);
      }
      return `within ${warnSkewSeconds} s of the webhook's clock`;
    },
  }),

  check('webhook-token', {
    whether: 'the webhook accepts the token of this site and answers as it should',
    remedies: {
      refused: 'Run "npm run failover -- site init", which writes the current token.',
      other: 'Compare FAILOVER_WEBHOOK_URL with the output WebhookUrl of the deployment.',
      failing:
        'Look at the log of the receiver in CloudWatch; "npm run failover -- deploy" brings back what was changed.',
    },
    async run(examined, fail) {
      const url = webhookOf(examined);
      if (url.protocol !== 'https:' && !examined.isDrill)
        throw new CannotLook('the token is not sent over http; see webhook-tls');
      const token = readIfThere(examined.bundle.tokenFile)?.trim();
      if (!token) throw new CannotLook(`${examined.bundle.tokenFile} is missing or empty`);
      const answer = await reached(() => postHarmless(url.href, token, optionsOf(examined)));
      if (isReceiversAnswer(answer)) return 'accepted';
      const said = `${answer.status} ${answer.body.slice(0, 120).replaceAll('\n', ' ')}`.trim();
      if (answer.status === 401) fail('refused', `the webhook refuses the token of this site (${said})`);
      if (answer.status >= 500) fail('failing', `the webhook fails (${said})`);
      return fail('other', `whoever answers is not the receiver (${said})`);
    },
  }),
];

/** How this site goes to the webhook: as its Alertmanager does. */
const optionsOf = ({ bundle, ca, signal }: Examined) => ({ ca, signal, proxy: proxyOf(bundle) });

/** @throws CannotLook if there is no connection: another check says so */
async function reached(ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    throw new CannotLook(`no connection to the webhook (${messageOf(error)}); see webhook-tls`);
  }
}

/** Both in Unix seconds. Needs no trust: a certificate may look invalid just because the clock is wrong. */
async function askForTime(url: string, examined: Examined) {
  const { clock } = examined;
  const sent = clock();
  const { headers } = await reached(() => request(url, { ...optionsOf(examined), unchecked: true }));
  const date = Date.parse(headers.date ?? '') / 1000;
  if (Number.isNaN(date)) throw new CannotLook('the answer of the webhook has no Date');
  return { date, halfwaySeconds: (sent + clock()) / 2000 };
}
