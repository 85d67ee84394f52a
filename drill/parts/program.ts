import { capture } from '../kit/capture.ts';
import { catalogue, type PartName } from './catalogue.ts';

/** A real program that was found and has answered with its version. */
export type Program = {
  name: PartName;
  /** As the program itself prints it, for instance `2.6.12-1+deb12u4`. */
  version: string;
  source: 'docker' | 'path' | 'package';
  command: string;
  /** Arguments that come before the program's own. */
  args: readonly string[];
  /** Variables the program needs to run at all (the library path of unpacked packages). */
  env: Readonly<Record<string, string>>;
  /** The pinned image, when the program runs in Docker. */
  image?: string;
};

/** What to hand to `spawn`. `env` is the whole environment, the caller's own included. */
export type Invocation = { command: string; args: string[]; env: NodeJS.ProcessEnv };

/**
 * Turns a program, its arguments and its variables into what `spawn` needs. Always start a part through
 * this: a container sees only the variables that are named on Docker's command line, and the image has
 * to come after them.
 */
export function invocation(
  program: Omit<Program, 'version'>,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Invocation {
  const everything = { ...process.env, ...program.env, ...env };
  if (program.image === undefined) {
    return { command: program.command, args: [...program.args, ...args], env: everything };
  }
  const passed = Object.keys(env).flatMap((name) => ['--env', name]);
  return {
    command: program.command,
    args: [...program.args, ...passed, program.image, ...args],
    env: everything,
  };
}

/**
 * Asks a program for its version, which also proves that it can run here (right architecture, all
 * libraries present). Returns the finished program, or one line that says why it cannot be used.
 */
export async function identify(candidate: Omit<Program, 'version'>): Promise<Program | string> {
  const { command, args, env } = invocation(candidate, catalogue[candidate.name].versionArguments);
  const answer = await capture(command, args, { env });
  if (!answer.ok) return answer.problem;
  const version = /(?:version:? |stunnel |Chromium |Chrome |^BusyBox v)(\d[^\s,]*)/m.exec(
    `${answer.stdout}\n${answer.stderr}`,
  )?.[1];
  if (version === undefined) return `printed no version: ${JSON.stringify(answer.stdout.slice(0, 80))}`;
  return { ...candidate, version };
}
