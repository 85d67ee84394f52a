import { describe, expect, it } from 'vitest';
import { Happened } from '../../../drill/kit/event-log.ts';

type One = { at: number; name: string };
const named = (name: string) => (one: One) => one.name === name;
const limits = { since: 10, seconds: 5 };

describe('waiting for what happens', () => {
  it('finds what is already there', async () => {
    const happened = new Happened<One>();
    happened.add({ at: 11, name: 'a' });
    expect(await happened.first('a', named('a'), limits)).toEqual({ at: 11, name: 'a' });
  });

  it('does not count what happened before', async () => {
    const happened = new Happened<One>();
    happened.add({ at: 9, name: 'a' });
    const waiting = happened.first('a', named('a'), limits);
    happened.add({ at: 12, name: 'a' });
    expect((await waiting).at).toBe(12);
  });

  it('sees the second of two that happen in the same moment', async () => {
    const happened = new Happened<One>();
    const waiting = happened.first('b', named('b'), limits);
    happened.add({ at: 11, name: 'a' });
    happened.add({ at: 11, name: 'b' });
    expect((await waiting).name).toBe('b');
  });

  it('says what did not happen', async () => {
    const happened = new Happened<One>();
    await expect(happened.first('a mail', named('a'), { since: 0, seconds: 0.01 })).rejects.toThrow(
      'a mail: did not happen within 0.01 s',
    );
  });

  it('passes on what the test of one throws', async () => {
    const happened = new Happened<One>();
    const waiting = happened.first(
      'a',
      () => {
        throw new Error('exit code 1');
      },
      limits,
    );
    happened.add({ at: 11, name: 'a' });
    await expect(waiting).rejects.toThrow('exit code 1');
  });
});
