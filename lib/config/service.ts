import * as v from 'valibot';
import { described } from './described.ts';
import { loopbackPortOf } from './loopback-port.ts';
import { healthPath, httpUrl, imageReference, plainValue, port, seconds, serviceName } from './values.ts';

/** A document of Systems Manager may have 64 KB, and our script takes about half. */
const mostEnvironmentBytes = 20_000;

/** Each is one word of the shell in a JSON string: a quote takes several characters there. */
function fitsDocument(environment: Readonly<Record<string, string>>): boolean {
  return Buffer.byteLength(JSON.stringify(environment).replaceAll("'", "'\\\\''")) <= mostEnvironmentBytes;
}

/** One of `services` in failover.yaml. */
export const service = v.strictObject({
  name: described(serviceName, 'Names the service in alerts, mails and on the host.'),
  image: described(
    v.optional(imageReference),
    'The image in any registry the host can pull from. Either this or `build`.',
  ),
  build: described(
    v.optional(v.pipe(v.string(), v.nonEmpty())),
    'A folder with a Dockerfile; `cdk deploy` builds it and puts it into ECR. Either this or `image`.',
  ),
  port: described(v.optional(port, 8080), 'The port on the host to which HAProxy sends traffic, encrypted.'),
  loopbackPort: described(
    v.optional(port),
    "Where the container itself is published, on the host's loopback address; `port` + 10000 if left out (− 10000 where that is more than 65535).",
  ),
  containerPort: described(v.optional(port), 'The port inside the container; as `port` if left out.'),
  healthPath: described(v.optional(healthPath, '/health'), 'Answers 2xx when the service can take traffic.'),
  environment: described(
    v.optional(
      v.pipe(
        v.record(v.pipe(v.string(), v.regex(/^[A-Za-z_]\w*$/, 'a variable name')), plainValue),
        v.check(
          fitsDocument,
          `at most ${mostEnvironmentBytes} bytes in all, names and values, of which the host's document has room for no more`,
        ),
      ),
      {},
    ),
    'Environment of the container, for what is not secret. Secrets go into /etc/hybrid-failover/NAME.env on the host.',
  ),
  startTimeoutSeconds: described(
    v.optional(seconds(1, 900), 60),
    'A start that has not led to a healthy answer by then has failed.',
  ),
  stopGraceSeconds: described(
    v.optional(seconds(1, 300), 20),
    'From SIGTERM to SIGKILL when the standby is stopped.',
  ),
  witnessUrl: described(
    v.optional(httpUrl),
    "The site's public address, asked from the cloud when the site's monitoring is silent. If it does not answer either, the service fails over; without it, silence only tells people.",
  ),
  hookTimeoutSeconds: described(
    v.optional(seconds(1, 300), 30),
    'How long each of your hooks in /etc/hybrid-failover/hooks/NAME on the host may take.',
  ),
});

export type Service = v.InferOutput<typeof service>;

/** The ports that a service takes on the host. */
export const portsOf = (one: Service) => [one.port, loopbackPortOf(one)];
