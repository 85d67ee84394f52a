import { writeSync } from 'node:fs';

/** One line of the journal: what happened, and whatever is needed to recognise it. */
export type Entry = { event: 'listening' | 'executed' | 'shutdown' } & Record<string, string | number>;

/**
 * Writes one JSON line to stdout, and returns only when the kernel has it. An execution that was recorded
 * this way before it was answered is not lost by a SIGKILL, so executions can be counted afterwards.
 */
export function record(entry: Entry): void {
  const line = Buffer.from(`${JSON.stringify({ time: new Date().toISOString(), ...entry })}\n`);
  for (let written = 0; written < line.length; ) written += writeSome(line, written);
}

function writeSome(line: Buffer, from: number): number {
  try {
    return writeSync(1, line, from);
  } catch (error) {
    // A pipe that is not blocking and full: its reader needs a moment, and the record must not be lost.
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
      return 0;
    }
    throw error;
  }
}
