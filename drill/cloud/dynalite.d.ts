/** dynalite comes without types; this is the part of it that the drill uses. */
declare module 'dynalite' {
  import type { Server } from 'node:http';
  /** @param options createTableMs: how long a new table stays in CREATING, in milliseconds */
  export default function dynalite(options: { readonly createTableMs: number }): Server;
}
