import { getCACertificates } from 'node:tls';

/** For a TLS client: what Node trusts anyway, and this. */
export function trust(ca: string | undefined): { ca?: string[] } {
  return ca === undefined ? {} : { ca: [...getCACertificates('default'), ca] };
}
