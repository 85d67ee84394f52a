/** One thing that must be so at the end. */
export interface Check {
  readonly name: string;
  readonly held: boolean;
  /** What was seen, in one line. */
  readonly observed: string;
}
