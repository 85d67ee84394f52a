import type { Effect } from '../domain/decision.ts';
import type { Phase, Site } from '../domain/phase.ts';
import type { Reason } from '../domain/reasons.ts';

/**
 * Log lines that something counts or reads. The name is the line's `message`; the type says what else is in it. The
 * key "service" belongs to the logger, so the service stands under `about`.
 */
export type LogLines = {
  /** The receiver, about each request that it refuses. The caller gets the `code` too. */
  'webhook refused': {
    readonly status: number;
    readonly code: string;
    readonly field: string | undefined;
    readonly why: string;
  };
  /** The reconciler, about each decision that it has recorded. */
  decided: {
    readonly about: string;
    readonly epoch: number;
    readonly from: Phase;
    readonly to: Phase;
    readonly site: Site;
    readonly reason: Reason;
    readonly effects: readonly Effect['type'][];
  };
  /** The reconciler, about each thorough look, once a minute or more often. */
  looked: {
    readonly about: string;
    readonly epoch: number;
    readonly site: Site;
    readonly phase: Phase;
    readonly reason: Reason;
    /** Age of the move under way in seconds; 0 if there is none. */
    readonly moveSeconds: number;
  };
};

export type LogLine = keyof LogLines;

/** The `code` of a request whose token is not valid. */
export const tokenRefused = 'token-refused';

type Write = (message: string, fields: Record<string, unknown>) => void;

/** Writes one of the lines. @param write such as `log.info` */
export function writeLine<Line extends LogLine>(write: Write, line: Line, fields: LogLines[Line]): void {
  write(line, fields);
}

/** The fields of a log record, if it is such a line. */
export function readLine<Line extends LogLine>(record: unknown, line: Line): LogLines[Line] | undefined {
  const { message } = (record ?? {}) as { message?: unknown };
  return message === line ? (record as LogLines[Line]) : undefined;
}

/** The name of a field, for a query: only one that the line has compiles. */
export const field = <Line extends LogLine>(_line: Line, name: keyof LogLines[Line] & string): string => name;
