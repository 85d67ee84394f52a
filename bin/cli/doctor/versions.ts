/** The versions of the site's programs that this was tried with; everything else reads them from here. */

export type Range = {
  readonly from: string;
  /** The first that is too new. */
  readonly below: string;
  readonly why: string;
};

export const supported = {
  HAProxy: [
    { from: '2.6.12', below: '2.6.16', why: 'what Debian 12 has; 2.6.16 lets queued requests stand' },
    {
      from: '3.2.0',
      below: '3.3.0',
      why: 'what the bundle pins; in 3.0 a parked request whose client has left is sent all the same',
    },
  ],
  Prometheus: [{ from: '2.42.0', below: '4.0.0', why: 'from Debian 12 to what the bundle pins' }],
  Alertmanager: [{ from: '0.25.0', below: '1.0.0', why: 'from Debian 12 to what the bundle pins' }],
} as const satisfies Record<string, readonly Range[]>;

export type SupportedProgram = keyof typeof supported;

/** @param version as the program says it, such as `2.6.12-1+deb12u4` or `0.33.1` */
export function isSupported(program: SupportedProgram, version: string): boolean {
  const ranges: readonly Range[] = supported[program];
  return ranges.some(({ from, below }) => compare(version, from) >= 0 && compare(version, below) < 0);
}

export const rangesOf = (program: SupportedProgram): string =>
  supported[program].map(({ from, below }) => `${from} to below ${below}`).join(', or ');

function compare(one: string, other: string): number {
  const [a, b] = [numbers(one), numbers(other)];
  const at = [0, 1, 2].find((place) => a[place] !== b[place]);
  return at === undefined ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}

const numbers = (version: string) => {
  const parts = /^v?(\d+)\.(\d+)(?:\.(\d+))?/.exec(version)?.slice(1) ?? [];
  return [0, 1, 2].map((at) => Number(parts[at] ?? 0));
};
