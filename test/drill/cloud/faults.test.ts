import { beforeEach, describe, expect, test, vi } from 'vitest';
import { AwsError } from '../../../drill/cloud/aws-error.ts';
import { createFaults, type SeenCall } from '../../../drill/cloud/faults.ts';

const killed: string[] = [];
let { faults, gate } = createFaults(
  async () => {},
  () => {},
);

beforeEach(() => {
  killed.length = 0;
  ({ faults, gate } = createFaults(
    async (sandbox) => void killed.push(sandbox),
    () => {},
  ));
});

const call = (action: string, sandbox = 'Worker.1'): SeenCall => ({ action, input: {}, sandbox });

/** One call from its beginning to its end; what it failed with. */
async function make(one: SeenCall): Promise<string | undefined> {
  try {
    await gate.before(one);
    await gate.after(one);
    return undefined;
  } catch (error) {
    return (error as AwsError).code;
  }
}

describe('a call that is to fail', () => {
  test('fails for as long as it is said to, and no other does', async () => {
    let times = 0;
    faults.fail('ssm:SendCommand', new AwsError('Nope', 'no'), () => ++times <= 2);
    const seen = [];
    for (const action of ['ssm:SendCommand', 'sns:Publish', 'ssm:SendCommand'])
      seen.push(await make(call(action)));
    expect(seen).toEqual(['Nope', undefined, undefined]);
  });

  test('is throttled for some seconds', async () => {
    vi.useFakeTimers();
    faults.throttle('ssm:SendCommand', 8);
    expect(await make(call('ssm:SendCommand'))).toBe('ThrottlingException');
    vi.advanceTimersByTime(8000);
    expect(await make(call('ssm:SendCommand'))).toBeUndefined();
    vi.useRealTimers();
  });
});

describe('a crash', () => {
  const actions = ['dynamodb:GetItem', 'dynamodb:PutItem', 'ssm:SendCommand'];
  const run = async (sandbox = 'Worker.1') => {
    const failed = [];
    for (const action of actions) failed.push(await make(call(action, sandbox)));
    return failed;
  };

  test('kills whoever makes the nth call of the function, before the call, once', async () => {
    const armed = faults.crashCaller({ function: 'Worker', nth: 2, when: 'before' });
    expect(await run('Other.1')).toEqual([undefined, undefined, undefined]);
    expect(await run()).toEqual([undefined, 'InternalFailure', undefined]);
    expect(await run('Worker.2')).toEqual([undefined, undefined, undefined]);
    expect(killed).toEqual(['Worker.1']);
    expect(armed.struck?.action).toBe('dynamodb:PutItem');
  });

  test('kills after the call has been carried out', async () => {
    const armed = faults.crashCaller({ function: 'Worker', nth: 3, when: 'after' });
    expect(await run()).toEqual([undefined, undefined, undefined]);
    expect([killed, armed.struck?.action]).toEqual([['Worker.1'], 'ssm:SendCommand']);
  });

  test('counts only what fits, and without a number only counts', async () => {
    const counts = ({ action }: SeenCall) => action !== 'dynamodb:GetItem';
    const armed = faults.crashCaller({ function: 'Worker', counts });
    await run();
    expect(armed.calls.map(({ action }) => action)).toEqual(['dynamodb:PutItem', 'ssm:SendCommand']);
    expect(killed).toEqual([]);
  });

  test('is forgotten when it is disarmed, or when another is armed', async () => {
    faults.crashCaller({ function: 'Worker', nth: 1 });
    const second = faults.crashCaller({ function: 'Worker', nth: 1 });
    second.disarm();
    expect(await run()).toEqual([undefined, undefined, undefined]);
  });
});

test('events are lost only while they are to be', () => {
  const seen = [gate.dropsEvents()];
  for (const drop of [true, false]) {
    faults.dropEvents(drop);
    seen.push(gate.dropsEvents());
  }
  expect(seen).toEqual([false, true, false]);
});
