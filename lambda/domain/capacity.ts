/** The machine that the standby runs on, whoever provides it. */
export type Capacity = 'off' | 'starting' | 'on' | 'stopping' | 'gone';
