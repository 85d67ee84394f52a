import { createHash } from 'node:crypto';
import { CommandFailed } from './served-commands.ts';

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

/** By the name under which it is asked for. Whoever changes it changes what is there from then on. */
export type StandinImages = Record<string, StandinImage>;

const sha256 = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;

/** An image's id follows from how its program is started, so that another definition is another image. */
export const imageId = (image: StandinImage) => sha256(JSON.stringify(image));

/** What registries would call the image: `repository@digest` for each repository that has it. */
export function repoDigests(images: StandinImages, image: StandinImage): string[] {
  const id = imageId(image);
  const names = Object.keys(images).filter((name) => images[name] && imageId(images[name]) === id);
  // A registry's digest is that of the manifest, which is not the image's id.
  return [...new Set(names.map((name) => `${name.replace(/:[^/]*$/, '')}@${sha256(`manifest of ${id}`)}`))];
}

/** The image with this name or id. @throws CommandFailed unless it is one that the drill stands in for */
export function imageNamed(images: StandinImages, name: string): StandinImage {
  const image = images[name] ?? Object.values(images).find((each) => imageId(each) === name);
  if (image) return image;
  throw new CommandFailed(
    `Error: No such image: ${name} (the drill stands in for ${Object.keys(images).join(', ')})`,
  );
}
