/** What this folder reads of a synthesized stack. */
export type Resource = {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: CloudFormation's properties have no type here
  readonly Properties?: Record<string, any>;
};
export type Stack = {
  readonly name: string;
  readonly region: string;
  readonly resources: Readonly<Record<string, Resource>>;
};

export function resourcesOf(stacks: readonly Stack[], type: string): readonly Resource[] {
  return stacks.flatMap(({ resources }) => Object.values(resources).filter(({ Type }) => Type === type));
}
