import * as v from 'valibot';

/** With what docs/configuration.md and the editor say about it. */
export const described = <S extends v.GenericSchema>(schema: S, description: string) =>
  v.pipe(schema, v.description(description)) as unknown as S;
