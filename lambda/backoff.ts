const firstMilliseconds = 10;
const longestMilliseconds = 500;

/**
 * How long who lost a race for a record waits before the next try, in milliseconds: a random part of a time that
 * doubles. In a storm, those who lost must not all come back at the same moment.
 *
 * @param losses how many races in a row were lost before this one
 */
export function pauseAfter(losses: number): number {
  return Math.random() * Math.min(firstMilliseconds * 2 ** losses, longestMilliseconds);
}
