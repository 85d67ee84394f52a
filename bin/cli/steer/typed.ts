/** A command of ours as it can be typed, in a clone of the repository. @param args for example `why` */
export const typed = (args: string, service?: string): string =>
  `npm run failover -- ${args}${service === undefined ? '' : ` --service ${service}`}`;
