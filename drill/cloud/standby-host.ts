/** How a script on the host ended. */
export interface HostRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

/** The EC2 host as the stand-in cloud sees it. */
export interface StandbyHost {
  /** Where an operator's hooks are: the executable `SERVICE/before-start` in this folder, and so on. */
  readonly hooksFolder: string;
  /** Its side of the encrypted link: key, certificates and config, as lib/host/link.sh made them. */
  readonly linkFolder: string;
  /** Gives whoever runs on it what its role gives: the variables that the AWS command reads. */
  assume(role: Readonly<Record<string, string>>): void;
  /** Runs a script as the SSM agent does, for at most `timeoutSeconds`. */
  run(script: string, limits: { timeoutSeconds: number; signal?: AbortSignal }): Promise<HostRun>;
  /** The instance is being stopped: all that runs on it ends. */
  shutdown(): Promise<void>;
  /** The standby's containers die. Nobody starts them again, as Docker would if they died by themselves. */
  crash(): Promise<void>;
  /** The instance came up: Docker starts what its restart policies say, and systemd what is enabled. */
  boot(): Promise<void>;
  /** The instance is no more, and another takes its place, with nothing on it but what its role gives. */
  replace(): Promise<void>;
  /** Everything the containers wrote to stdout so far, one line each. */
  containerLines(): Promise<string[]>;
  /** Ends all that the host's scripts started. */
  stop(): Promise<void>;
}
