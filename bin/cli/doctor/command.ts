import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { bundleOf, readBundle } from '../site/bundle.ts';
import { CannotLook } from './cannot-look.ts';
import { checks } from './checks/index.ts';
import type { CloudSide } from './examined.ts';
import { type Finding, runChecks } from './run.ts';

type Flags = {
  readonly dir: string;
  readonly noCloud: boolean;
  readonly config: string;
  readonly json: boolean;
};

/** Exit code 1 if a check failed. */
export async function doctor(this: Context, flags: Flags): Promise<void> {
  const { bundle, envProblem } = lookAtBundle(flags.dir);
  let side: Promise<CloudSide> | undefined;
  const examined = {
    bundle,
    envProblem,
    ca: this.ca,
    isDrill: this.process.env.FAILOVER_DRILL !== undefined,
    clock: this.clock,
    cloud: () => {
      side ??= cloudSide(flags, bundle.env.SERVICE_NAME);
      return side;
    },
  };
  const findings: Finding[] = [];
  const progress = this.process.stderr.isTTY ? this.process.stderr : undefined;
  progress?.write(waitingFor(0));
  for await (const finding of runChecks(checks, examined)) {
    findings.push(finding);
    progress?.write('\r\x1b[K');
    if (!flags.json) this.process.stdout.write(linesOf(finding));
    if (findings.length < checks.length) progress?.write(waitingFor(findings.length));
  }
  const count = (state: Finding['state']) => findings.filter((finding) => finding.state === state).length;
  const counts = { ok: count('ok'), failed: count('failed'), skipped: count('skipped') };
  this.process.stdout.write(
    flags.json
      ? `${JSON.stringify({ ...counts, findings }, null, 2)}\n`
      : `${counts.ok} ok, ${counts.failed} failed, ${counts.skipped} skipped\n`,
  );
  if (counts.failed > 0) this.process.exitCode = 1;
}

const waitingFor = (index: number) => `looking: ${checks[index]?.name} …`;

function linesOf(finding: Finding): string {
  const { state, check, found } = finding;
  const line = `${state.padEnd(8)} ${check.padEnd(20)} ${found}\n`;
  return finding.state === 'failed' ? `${line}${' '.repeat(30)}What to do: ${finding.remedy}\n` : line;
}

/** A .env that cannot be read is a finding, and no reason not to look at the rest. */
function lookAtBundle(dir: string) {
  try {
    return { bundle: readBundle(dir) };
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return { bundle: bundleOf(dir, undefined), envProblem: error };
  }
}

/** @throws CannotLook where nobody may or wants to look */
async function cloudSide(flags: Flags, serviceName: string | undefined): Promise<CloudSide> {
  if (flags.noCloud) throw new CannotLook('--no-cloud');
  const [{ askReconciler }, { openSession }, { readConfig, readOutputs, serviceOf }] = await Promise.all([
    import('../aws/control-plane.ts'),
    import('../aws/session.ts'),
    import('../deployment.ts'),
  ]);
  try {
    const config = readConfig(flags.config);
    const isKnown = config.services.some(({ name }) => name === serviceName);
    const service = serviceOf(config, isKnown ? serviceName : undefined);
    const session = await openSession(config.region);
    let outputs: ReturnType<typeof readOutputs> | undefined;
    let status: ReturnType<typeof askReconciler> | undefined;
    return {
      session,
      config,
      service,
      outputs: () => {
        outputs ??= readOutputs(session, config);
        return outputs;
      },
      status: () => {
        status ??= askReconciler(session, config.name, service.name, { action: 'status' });
        return status;
      },
    };
  } catch (error) {
    if (error instanceof CliError) throw new CannotLook(error.message);
    throw error;
  }
}
