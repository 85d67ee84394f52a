/** An alert of a webhook body, as far as a drill's timeline needs it. */
export interface AlertSeen {
  readonly name: string;
  readonly status: string;
  readonly service: string | undefined;
  /** Unix seconds with milliseconds at which Prometheus evaluated it; undefined if the alert does not say. */
  readonly observedAt: number | undefined;
}

/** What the stand-in cloud tells the drill. Times are Unix milliseconds. */
export type Happening = { readonly at: number } & (
  | {
      readonly kind: 'webhook-received';
      readonly route: string;
      readonly alerts: readonly AlertSeen[];
    }
  | {
      readonly kind: 'webhook-answered';
      readonly route: string;
      readonly status: number;
      readonly seconds: number;
    }
  | { readonly kind: 'function-cold-start'; readonly function: string; readonly milliseconds: number }
  | {
      readonly kind: 'function-invoked';
      readonly function: string;
      readonly requestId: string;
      readonly cause: string;
    }
  | {
      readonly kind: 'function-ended';
      readonly function: string;
      readonly requestId: string;
      readonly milliseconds: number;
    }
  | {
      readonly kind: 'function-failed';
      readonly function: string;
      readonly requestId: string;
      readonly error: string;
    }
  | {
      readonly kind: 'function-log';
      readonly function: string;
      readonly line: string;
      readonly record: unknown;
    }
  | { readonly kind: 'dead-letter'; readonly target: string; readonly body: string }
  | {
      readonly kind: 'command-sent' | 'script-started' | 'script-ended';
      readonly commandId: string;
      readonly document: string;
      readonly instanceId: string;
      readonly parameters: Readonly<Record<string, string>>;
      readonly status: string;
      /** Present once the script has ended. */
      readonly exitCode?: number;
      readonly output?: string;
    }
  | { readonly kind: 'instance-state'; readonly instanceId: string; readonly state: string }
  | { readonly kind: 'mail-sent'; readonly topic: string; readonly to: string; readonly subject: string }
  | {
      readonly kind: 'call-denied';
      /** The name of a role, or of a service of AWS. */
      readonly caller: string;
      readonly action: string;
      readonly resource: string;
    }
  /** Something of the stand-in itself went wrong. */
  | { readonly kind: 'fault'; readonly message: string }
  /** Something went wrong because a scenario asked for it. */
  | { readonly kind: 'injected'; readonly message: string }
);

/** A happening without its time, which the reporter adds. */
export type Told = Happening extends infer One ? (One extends Happening ? Omit<One, 'at'> : never) : never;

/** Tells the drill that something happened now. */
export type Tell = (happening: Told) => void;
