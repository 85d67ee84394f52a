/** What the stand-in `docker` command remembers from one call to the next. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** An image: how its program is started as a plain process. */
export interface StandinImage {
  /** The program's working folder; that of the host's docker state without one. */
  readonly folder?: string;
  /** `node` is the Node that runs the drill. */
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** The variable that tells the program its port, PORT by default: a process must listen on the published one. */
  readonly portVariable?: string;
}

/** A container as its file holds it; the members are named as `docker inspect` names them. */
export interface Container {
  Id: string;
  Name: string;
  /** The image's id; `Config.Image` is the name by which it was asked for. */
  Image: string;
  Config: { Image: string; Labels: Record<string, string>; Env: Record<string, string> };
  HostConfig: { RestartPolicy: { Name: string } };
  /** When it was last started; as docker, the year 1 for never. */
  StartedAt: string;
  HostPort: string | undefined;
  StopTimeout: number;
  Pid: number | undefined;
  /** Start time of the process in clock ticks, which tells it from a later one with the same id. */
  StartTicks: string | undefined;
}

/** Where all state is kept. */
export const folder = process.env.DRILL_DOCKER_DIR ?? fail('DRILL_DOCKER_DIR is not set; the drill sets it');
const images = JSON.parse(readFileSync(join(folder, 'images.json'), 'utf8')) as Record<string, StandinImage>;

/** Ends this call as docker would: a line on stderr, and an exit code. */
export function fail(message: string, code = 1): never {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}

export const fileOf = (name: string) => join(folder, `${name}.json`);
export const logOf = (name: string) => join(folder, `${name}.log`);

/** Replaces the container's file at once, so that no reader sees half of it. */
export function save(container: Container): void {
  const file = fileOf(container.Name);
  writeFileSync(`${file}.new`, JSON.stringify(container));
  renameSync(`${file}.new`, file);
}

/** The container with this name, which must exist. */
export function load(name: string): Container {
  if (!existsSync(fileOf(name))) fail(`Error: No such container: ${name}`);
  return JSON.parse(readFileSync(fileOf(name), 'utf8')) as Container;
}

/** State and start time of a process; undefined if it is gone, or dead and not yet reaped. */
export function startTicks(pid: number): string | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/** Whether the container's own process still runs. */
export function isRunning({ Pid, StartTicks }: Container): boolean {
  return Pid !== undefined && StartTicks !== undefined && startTicks(Pid) === StartTicks;
}

const sha256 = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;

/** An image's id follows from how its program is started, so that another definition is another image. */
export const imageId = (image: StandinImage) => sha256(JSON.stringify(image));

/** What registries would call the image: `repository@digest` for each repository that has it. */
export function repoDigests(image: StandinImage): string[] {
  const id = imageId(image);
  const names = Object.keys(images).filter((name) => images[name] && imageId(images[name]) === id);
  // A registry's digest is that of the manifest, which is not the image's id.
  return [...new Set(names.map((name) => `${name.replace(/:[^/]*$/, '')}@${sha256(`manifest of ${id}`)}`))];
}

/** The image with this name or id, which must be one that the drill stands in for. */
export function imageNamed(name: string): StandinImage {
  const image = images[name] ?? Object.values(images).find((each) => imageId(each) === name);
  if (image) return image;
  fail(`Error: No such image: ${name} (the drill stands in for ${Object.keys(images).join(', ')})`);
}
