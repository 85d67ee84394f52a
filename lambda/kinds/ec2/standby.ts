import {
  GetCommandInvocationCommand,
  type GetCommandInvocationResult,
  InvalidInstanceId,
  InvocationDoesNotExist,
  SendCommandCommand,
  type SSMClient,
} from '@aws-sdk/client-ssm';
import { documentParameters, supersededExitCode } from '../../contract/document.ts';
import { deliverySeconds } from '../../contract/durations.ts';
import type { ServiceSettings } from '../../contract/settings.ts';
import type { CommandReport, StandbyFacts, Wake } from '../../domain/observation.ts';
import type { Log, Standby } from '../../ports.ts';

/** Ends of a command that say nothing about the script, because the host never ran it. */
const undelivered = new Set(['Delivery Timed Out', 'DeliveryTimedOut', 'Undeliverable', 'Terminated']);

type Settings = Pick<ServiceSettings, 'document' | 'instanceId'>;

export function ssmStandby(client: SSMClient, { document, instanceId }: Settings, log: Log): Standby {
  return {
    async send({ action, epoch, serial, attempt, inCharge, wakeFrom }) {
      try {
        const { Command } = await client.send(
          new SendCommandCommand({
            DocumentName: document,
            // The one that is the default may be an earlier one (cloudformation-coverage-roadmap #2539).
            DocumentVersion: '$LATEST',
            InstanceIds: [instanceId],
            Parameters: documentParameters(action, {
              epoch,
              serial,
              inCharge,
              wakeFrom: Math.ceil(wakeFrom / 1000),
            }),
            TimeoutSeconds: deliverySeconds,
            Comment: `hybrid-failover: ${action}, epoch ${epoch}, command ${serial}`,
          }),
        );
        if (!Command?.CommandId) throw new Error('SendCommand answered without a command id');
        return { serial, outcome: 'sent', id: Command.CommandId };
      } catch (error) {
        log.warn('command not sent', { action, epoch, serial, attempt, error });
        // Also what SSM says of an instance that has booted but not registered yet.
        const outcome = error instanceof InvalidInstanceId ? 'host-unreachable' : 'failed';
        return { serial, outcome, detail: describe(error) };
      }
    },
    async report({ serial }, id) {
      try {
        const result = await client.send(
          new GetCommandInvocationCommand({ CommandId: id, InstanceId: instanceId }),
        );
        return interpret(serial, result);
      } catch (error) {
        // Not knowing must not block a decision; the command's own deadline ends the uncertainty.
        if (!(error instanceof InvocationDoesNotExist)) log.warn('command status unknown', { id, error });
        return { serial, outcome: 'in-progress' };
      }
    },
  };
}

/** The script's exit code for a command that is older than one it has run; its message names that one. */
const refused = { exitCode: supersededExitCode, newest: /is older than (\d+)/ } as const;

function interpret(serial: number, result: GetCommandInvocationResult): CommandReport {
  const { Status: status, StatusDetails: details = '', ResponseCode: exitCode } = result;
  if (status === 'Success') return succeeded(serial, result.StandardOutputContent ?? '');
  if (status !== 'Failed' && status !== 'Cancelled' && status !== 'TimedOut') {
    return { serial, outcome: 'in-progress' };
  }
  const said = lastLine(result);
  const newest = exitCode === refused.exitCode ? refused.newest.exec(said)?.[1] : undefined;
  if (newest) return { serial, outcome: 'superseded', newest: Number(newest) };
  const outcome = undelivered.has(details) ? 'host-unreachable' : 'failed';
  return { serial, outcome, detail: [details || status, said].filter(Boolean).join(': ') };
}

/** What the script printed, and its last line, which is for us. */
function succeeded(serial: number, output: string): CommandReport {
  const lines = output.trim().split('\n');
  const facts = factsOf(lines.findLast((line) => line.startsWith('standby: ')) ?? '');
  const text = lines.filter((line) => line !== '' && !line.startsWith('standby: ')).join('\n');
  return {
    serial,
    outcome: 'succeeded',
    ...(facts && { facts }),
    ...(text && { output: text.slice(-1000) }),
  };
}

/**
 * `standby: running=true ran=false image=REF id=sha256:… digest=REPO@sha256:…`, with `-` for no digest, perhaps
 * `wakeFrom=`, `asked=` and the other moments of the last wake, and `trouble=TEXT` (lib/host/standby.sh).
 */
function factsOf(line: string): StandbyFacts | undefined {
  const words = [...line.matchAll(/(\w+)=(\S+)/g)].map(([, name, value]) => [name, value] as const);
  const trouble = / trouble=(.+)$/.exec(line)?.[1];
  const said = Object.fromEntries(words) as Record<string, string | undefined>;
  const { running, ran, image, id, digest, wakeFrom } = said;
  if (!running || !image || !id) return undefined;
  const hasDigest = digest !== undefined && digest !== '-';
  return {
    runs: running === 'true',
    ran: ran === 'true',
    image,
    id,
    ...(hasDigest && { digest }),
    ...(wakeFrom !== undefined && { wakeFrom: Number(wakeFrom) * 1000 }),
    ...wakeOf(said),
    ...(trouble && { trouble: trouble.slice(0, 400) }),
  };
}

/** A moment that has not come to pass is a hyphen. */
function wakeOf({ asked, answered, renewed, slept }: Record<string, string | undefined>): { wake?: Wake } {
  const at = (text: string | undefined) => (text && /^\d{1,15}$/.test(text) ? Number(text) : undefined);
  const [askedAt, answeredAt, renewedAt, sleptAt] = [asked, answered, renewed, slept].map(at);
  if (askedAt === undefined) return {};
  return {
    wake: {
      askedAt,
      ...(answeredAt !== undefined && { answeredAt }),
      ...(renewedAt !== undefined && { renewedAt }),
      ...(sleptAt !== undefined && { sleptAt }),
    },
  };
}

/** The script says on its last line of stderr what was wrong. */
function lastLine({ StandardErrorContent, StandardOutputContent }: GetCommandInvocationResult): string {
  const text = StandardErrorContent?.trim() || StandardOutputContent?.trim() || '';
  // Systems Manager appends a line about the exit status.
  const lines = text
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('failed to run commands'));
  return lines.at(-1)?.slice(0, 400) ?? '';
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
