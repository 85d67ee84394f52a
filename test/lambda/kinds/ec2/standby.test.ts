import {
  GetCommandInvocationCommand,
  InvalidInstanceId,
  InvocationDoesNotExist,
  SendCommandCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it, test } from 'vitest';
import { ssmStandby } from '../../../../lambda/kinds/ec2/standby.ts';
import { silentLog } from '../../../support/in-memory.ts';

const aws = mockClient(SSMClient);
const settings = { document: 'failover-api', instanceId: 'i-0123456789abcdef0' };
const standby = ssmStandby(new SSMClient({}), settings, silentLog);
const start = {
  action: 'start',
  epoch: 4,
  serial: 9,
  attempt: 2,
  inCharge: 'standby',
  wakeFrom: 1_800_000_000_001,
} as const;
const mine = { serial: 9 };

beforeEach(() => aws.reset());

describe('sending', () => {
  it('sends our document with action and the words of the decision, to our host', async () => {
    aws.on(SendCommandCommand).resolves({ Command: { CommandId: 'c-1' } });
    expect(await standby.send(start)).toEqual({ ...mine, outcome: 'sent', id: 'c-1' });
    expect(aws.commandCalls(SendCommandCommand)[0]?.args[0].input).toMatchObject({
      DocumentName: 'failover-api',
      InstanceIds: ['i-0123456789abcdef0'],
      Parameters: {
        action: ['start'],
        epoch: ['4'],
        serial: ['9'],
        inCharge: ['standby'],
        // Whole seconds, and not before the pause is over.
        wakeFrom: ['1800000001'],
      },
      TimeoutSeconds: 30,
    });
  });

  test.each([
    ['host-unreachable', new InvalidInstanceId({ message: 'not registered', $metadata: {} })],
    ['failed', new Error('Rate exceeded')],
  ])('reports a refusal as %s', async (outcome, error) => {
    aws.on(SendCommandCommand).rejects(error);
    expect(await standby.send(start)).toMatchObject({
      ...mine,
      outcome,
      detail: expect.stringContaining(error.message),
    });
  });

  it('does not take an answer without an id for success', async () => {
    aws.on(SendCommandCommand).resolves({});
    expect(await standby.send(start)).toMatchObject({ outcome: 'failed' });
  });
});

describe('what became of it', () => {
  test.each([
    ['Pending', '', 'in-progress'],
    ['InProgress', '', 'in-progress'],
    ['Delayed', '', 'in-progress'],
    ['Cancelling', '', 'in-progress'],
    ['Success', 'Success', 'succeeded'],
    ['Failed', 'Failed', 'failed'],
    ['Cancelled', 'Cancelled', 'failed'],
    ['TimedOut', 'Execution Timed Out', 'failed'],
    ['TimedOut', 'Delivery Timed Out', 'host-unreachable'],
    ['Failed', 'Undeliverable', 'host-unreachable'],
  ] as const)('%s (%s) is %s', async (status, details, outcome) => {
    aws.on(GetCommandInvocationCommand).resolves({ Status: status, StatusDetails: details });
    expect(await standby.report(start, 'c-1')).toMatchObject({ ...mine, outcome });
  });

  it('passes on the last line the script wrote', async () => {
    aws.on(GetCommandInvocationCommand).resolves({
      Status: 'Failed',
      StatusDetails: 'Failed',
      StandardErrorContent: 'noise\nstart: docker create failed\nfailed to run commands: exit status 1',
    });
    expect(await standby.report(start, 'c-1')).toMatchObject({
      detail: 'Failed: start: docker create failed',
    });
  });

  it('learns from the host which command it has run already', async () => {
    aws.on(GetCommandInvocationCommand).resolves({
      Status: 'Failed',
      ResponseCode: 3,
      StandardErrorContent: 'start refused: command 9 (epoch 4) is older than 12, which ran here\n',
    });
    expect(await standby.report(start, 'c-1')).toEqual({ ...mine, outcome: 'superseded', newest: 12 });
  });

  test.each([
    ['has not reached the host yet', new InvocationDoesNotExist({ message: 'no such', $metadata: {} })],
    ['cannot be asked for', new Error('Rate exceeded')],
  ])('is still open when it %s', async (_, error) => {
    aws.on(GetCommandInvocationCommand).rejects(error);
    expect(await standby.report(start, 'c-1')).toEqual({ ...mine, outcome: 'in-progress' });
  });
});

describe('what the script said when it had done its work', () => {
  const said = async (StandardOutputContent: string) => {
    aws.on(GetCommandInvocationCommand).resolves({ Status: 'Success', StandardOutputContent });
    return standby.report(start, 'c-1');
  };
  const id = `sha256:${'a'.repeat(64)}`;

  it('is kept, but for the line that is for us', async () => {
    const line = `standby: running=true ran=false image=acme/api:1 id=${id} digest=acme/api@${id}`;
    expect(await said(`hook before-start: promoted\nstarted\n${line}\n`)).toEqual({
      ...mine,
      outcome: 'succeeded',
      output: 'hook before-start: promoted\nstarted',
      facts: { runs: true, ran: false, image: 'acme/api:1', id, digest: `acme/api@${id}` },
    });
  });

  it('may have no digest, or be of an older script', async () => {
    const ill = await said(
      `standby: running=false ran=false image=acme/api:1 id=${id} digest=- trouble=its disk is 97% full`,
    );
    expect(ill).toMatchObject({ facts: { trouble: 'its disk is 97% full' } });
    expect(await said(`standby: running=false ran=false image=acme/api:1 id=${id} digest=-`)).toEqual({
      ...mine,
      outcome: 'succeeded',
      facts: { runs: false, ran: false, image: 'acme/api:1', id },
    });
    expect(await said('api is stopped')).toEqual({ ...mine, outcome: 'succeeded', output: 'api is stopped' });
    expect(await said('standby: garbage')).toEqual({ ...mine, outcome: 'succeeded' });
  });
});
