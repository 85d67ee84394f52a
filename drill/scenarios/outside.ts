import type { Action } from '../../lambda/domain/types.ts';
import type { Stage } from '../stage.ts';

/** Looks at the world from outside, whatever the parts say of themselves. */

/** The site that answers clients now, as `X-Served-By` says it. */
export async function servedBy({ site }: Stage): Promise<'primary' | 'standby' | 'nobody'> {
  const answer = await get(site.serviceUrl);
  const by = answer?.ok ? answer.headers.get('x-served-by')?.split('/')[0] : undefined;
  return by === 'primary' || by === 'standby' ? by : 'nobody';
}

/** Whether the standby answers its health path on its own port. */
export async function standbyAnswers({ rehearsed }: Stage): Promise<boolean> {
  const { port, healthPath } = rehearsed.service;
  return (await get(`http://127.0.0.1:${port}${healthPath}`))?.ok ?? false;
}

const ANSWER_SECONDS = 2;

async function get(url: string): Promise<Response | undefined> {
  try {
    // A connection of its own: one that is kept may still lead to a site that has just died.
    const headers = { connection: 'close' };
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(ANSWER_SECONDS * 1000) });
    await response.arrayBuffer();
    return response;
  } catch {
    // Whatever the reason: nobody answers.
    return undefined;
  }
}

/** Commands that the control plane sent, by action. */
export function commandsSent({ happenings }: Stage, ...actions: Action[]): number {
  const wanted: readonly (string | undefined)[] = actions;
  return happenings.all.filter((one) => one.kind === 'command-sent' && wanted.includes(one.parameters.action))
    .length;
}

/** Mails with these words in the subject; one for each subscriber counts once. */
export function mailsAbout({ mails, cloud }: Stage, words: string): number {
  const count = mails.mails.filter(({ subject }) => subject.includes(words)).length;
  return count / Math.max(1, cloud.subscribers.length);
}
