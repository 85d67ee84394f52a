import type { MiddlewareObj } from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { writeLine } from '../contract/log-lines.ts';
import type { Log } from '../ports.ts';

export type HttpEvent = APIGatewayProxyEventV2;
export type HttpResult = APIGatewayProxyStructuredResultV2;

/** An answer that the caller can act on. Alertmanager retries 5xx and gives up on everything else. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly status: number;
  readonly code: string;
  readonly field: string | undefined;

  constructor(status: 400 | 401 | 413 | 503, code: string, text: string, field?: string) {
    super(text);
    this.status = status;
    this.code = code;
    this.field = field;
  }
}

export function json(statusCode: number, body: unknown): HttpResult {
  return { statusCode, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

/** Answers errors as JSON; an unexpected error becomes a 500, which Alertmanager retries. */
export function jsonErrors(log: Log): MiddlewareObj<HttpEvent, HttpResult> {
  return {
    onError: (request) => {
      const { error } = request;
      if (error instanceof HttpError) {
        const { status, code, field, message } = error;
        writeLine(log.warn.bind(log), 'webhook refused', { status, code, field, why: message });
        request.response = json(status, { error: { code, message, ...(field && { field }) } });
        if (status === 401 && request.response.headers)
          request.response.headers['www-authenticate'] = 'Bearer';
        return;
      }
      log.error('webhook failed', { error });
      request.response = json(500, { error: { code: 'internal', message: 'not processed; try again' } });
    },
  };
}
