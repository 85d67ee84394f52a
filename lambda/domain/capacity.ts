/** State of the machine that the standby runs on. */
export type Capacity = 'off' | 'starting' | 'on' | 'stopping' | 'gone';
