/** An event for the handler in a sandbox. */
export interface ToSandbox {
  readonly requestId: string;
  readonly functionArn: string;
  /** Unix milliseconds at which the sandbox is killed. */
  readonly deadlineMs: number;
  /** JSON text. */
  readonly event: string;
}

/** How a function failed, as AWS reports it. */
export interface FunctionFailure {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace: readonly string[];
}

/** What a sandbox answers. */
export type FromSandbox =
  | { readonly type: 'ready'; readonly milliseconds: number }
  | ({ readonly type: 'init-error' } & FunctionFailure)
  | { readonly type: 'result'; readonly payload: string }
  | ({ readonly type: 'error' } & FunctionFailure);
