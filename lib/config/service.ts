import * as v from 'valibot';
import { described } from './described.ts';
import { loopbackPortOf } from './loopback-port.ts';
import {
  completeSecretArn,
  healthPath,
  httpUrl,
  imageReference,
  keyArn,
  plainValue,
  port,
  seconds,
  serviceName,
} from './values.ts';

/** A document of Systems Manager may have 64 KB, and our script takes about half. */
const mostEnvironmentBytes = 16_000;

/** Each is one word of the shell in a JSON string: a quote takes several characters there. */
function fitsDocument(environment: Readonly<Record<string, string>>): boolean {
  return Buffer.byteLength(JSON.stringify(environment).replaceAll("'", "'\\\\''")) <= mostEnvironmentBytes;
}

const variableName = v.pipe(v.string(), v.regex(/^[A-Za-z_]\w*$/, 'a variable name'));

const parameterArn = v.pipe(v.string(), v.regex(/^arn:aws[\w-]*:ssm:[a-z0-9-]+:\d{12}:parameter\/[\w./-]+$/));

const secretArn = v.union(
  [completeSecretArn, parameterArn],
  'the whole ARN of a secret (with the six characters at its end) or of a parameter',
);

const path = v.pipe(v.string(), v.regex(/^\/[\w./-]*$/, 'an absolute path of letters, digits and . _ - /'));

/** `services[].container` of failover.yaml. */
const container = v.strictObject({
  command: described(
    v.optional(v.pipe(v.array(plainValue), v.minLength(1), v.maxLength(50, 'at most 50 words'))),
    'What it runs, in place of the command of the image; one word each.',
  ),
  volumes: described(
    v.optional(
      v.pipe(
        v.array(
          v.pipe(
            v.string(),
            v.regex(
              /^\/[\w./-]+:\/[\w./-]+(:ro)?$/,
              'a volume such as /srv/data:/data or /srv/data:/data:ro',
            ),
          ),
        ),
        v.maxLength(20, 'at most 20 volumes'),
      ),
      [],
    ),
    'Folders of the host. They are lost with the host.',
  ),
  tmpfs: described(
    v.optional(v.pipe(v.array(path), v.maxLength(20, 'at most 20 paths')), []),
    'Paths that are kept in memory.',
  ),
  memoryMiB: described(
    v.optional(v.pipe(v.number(), v.integer('a whole number'), v.minValue(16), v.maxValue(1_000_000))),
    'Most memory it may take; three quarters of that of the host if left out, so that the agent and stunnel have room.',
  ),
  pidsLimit: described(
    v.optional(v.pipe(v.number(), v.integer('a whole number'), v.minValue(16), v.maxValue(1_000_000)), 4096),
    'Most processes and threads it may have.',
  ),
  user: described(
    v.optional(v.pipe(v.string(), v.regex(/^[\w-]+(:[\w-]+)?$/, 'a user such as 1000:1000 or app'))),
    'Whom it runs as, in place of the user of the image.',
  ),
  newPrivileges: described(
    v.optional(v.boolean(), false),
    'Whether its processes may gain more privileges than it begins with (setuid programs such as sudo).',
  ),
});

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
        v.record(variableName, plainValue),
        v.check(
          fitsDocument,
          `at most ${mostEnvironmentBytes} bytes in all, names and values, of which the host's document has room for no more`,
        ),
      ),
      {},
    ),
    'Environment of the container, for what is not secret.',
  ),
  secrets: described(
    v.optional(v.record(variableName, secretArn), {}),
    'Environment of the container that is secret: the ARN of a secret in Secrets Manager, or of a parameter in Systems Manager, for each variable. The host fetches the value when it is prepared (on each deployment and once a day), with a grant for exactly these. One line each.',
  ),
  secretKeys: described(
    v.optional(v.pipe(v.array(keyArn), v.maxLength(10, 'at most 10 keys')), []),
    'Customer keys (KMS) with which these secrets are encrypted; the host may decrypt with them. None is needed for the keys of AWS.',
  ),
  sleep: described(
    v.optional(v.picklist(['stopped', 'frozen']), 'stopped'),
    'How the standby sleeps. `frozen`: it is started once, proven healthy, and paused with its memory kept, so that a failover takes a moment however long a start takes. For services that may run on both sites at once.',
  ),
  container: described(v.optional(container, {}), 'How the container runs on the host.'),
  hooks: described(
    v.optional(v.pipe(v.string(), v.nonEmpty())),
    'A folder with scripts named before-start, after-start, before-stop and after-stop. They travel with the deployment, and take the place of those on the host.',
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
  hookTimeoutSeconds: described(v.optional(seconds(1, 300), 30), 'How long each hook may take.'),
});

export type Service = v.InferOutput<typeof service>;

/** The ports that a service takes on the host. */
export const portsOf = (one: Service) => [one.port, loopbackPortOf(one)];
