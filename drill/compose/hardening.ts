import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Docker } from '../kit/docker.ts';
import type { Check } from '../verify/check.ts';

const run = promisify(execFile);

/** What a container is allowed, as Docker was told it and as the kernel has it for its first process. */
export interface Facts {
  readonly health: string;
  readonly restart: string;
  /** Options of its log, such as max-size. */
  readonly log: Readonly<Record<string, string>>;
  readonly uid: number;
  /** Capabilities that it has or could get, in hexadecimal. */
  readonly capabilities: readonly string[];
  readonly noNewPrivileges: boolean;
  /** Whether a file could be written in its root folder. */
  readonly rootIsWritable: boolean;
}

/** What is wrong with them, one line each. */
export function weaknesses(facts: Facts): string[] {
  const { uid, capabilities, noNewPrivileges, rootIsWritable, health, restart, log } = facts;
  const rules: [boolean, string][] = [
    [uid !== 0, 'runs as root'],
    [
      capabilities.length > 0 && capabilities.every((one) => /^0+$/.test(one)),
      `has capabilities (${capabilities})`,
    ],
    [noNewPrivileges, 'could get new privileges'],
    [!rootIsWritable, 'can write to its root file system'],
    [health === 'healthy', `is ${health || 'without a health check'}`],
    [restart === 'unless-stopped', `is restarted "${restart}"`],
    [Boolean(log['max-size'] && log['max-file']), 'has a log without limits'],
  ];
  return rules.flatMap(([holds, problem]) => (holds ? [] : [problem]));
}

/** Looks into each container of a site. @param containers ids by service */
export async function checkHardening(
  docker: Docker,
  containers: ReadonlyMap<string, string>,
): Promise<Check[]> {
  const looks = [...containers].map(async ([service, id]) => {
    const facts = await look(docker, service, id);
    const problems = weaknesses(facts);
    return {
      name: `${service} is healthy and locked down`,
      held: problems.length === 0,
      observed: problems.join(', ') || `uid ${facts.uid}, no capabilities, root file system read-only`,
    };
  });
  return Promise.all(looks);
}

interface Inspected {
  readonly State: { readonly Health?: { readonly Status: string } };
  readonly HostConfig: {
    readonly RestartPolicy: { readonly Name: string };
    readonly LogConfig: { readonly Config: Readonly<Record<string, string>> | null };
  };
}

/** Each prints the status of the first process, and then whether it could write. */
const probes = {
  shell: ['sh', '-c', 'cat /proc/1/status; if (: >/probe) 2>/dev/null; then echo Writable: yes; fi'],
  node: [
    'node',
    '--eval',
    `process.stdout.write(fs.readFileSync('/proc/1/status')); try { fs.writeFileSync('/probe', ''); console.log('Writable: yes') } catch {}`,
  ],
};

async function look(docker: Docker, service: string, id: string): Promise<Facts> {
  const [{ stdout: inspected }, { stdout: status }] = await Promise.all([
    run(docker.command, ['container', 'inspect', id]),
    // The image of the API has no shell.
    run(docker.command, ['exec', id, ...probes[service === 'api' ? 'node' : 'shell']]),
  ]);
  const [{ State, HostConfig }] = JSON.parse(inspected) as [Inspected];
  const field = (name: string) => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(status)?.[1];
  return {
    health: State.Health?.Status ?? '',
    restart: HostConfig.RestartPolicy.Name,
    log: HostConfig.LogConfig.Config ?? {},
    uid: Number(field('Uid') ?? 0),
    capabilities: ['CapPrm', 'CapEff', 'CapBnd', 'CapInh', 'CapAmb'].map((name) => field(name) ?? 'unknown'),
    noNewPrivileges: field('NoNewPrivs') === '1',
    rootIsWritable: field('Writable') !== undefined,
  };
}
