import {
  chownSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { CliError, codeOf, messageOf } from '../errors.ts';
import type { Env } from './env-file.ts';

/** The one place that says who may read what is secret on the site. */
const fileMode = 0o600;
const folderMode = 0o700;

export type Owner = { readonly uid: number; readonly gid: number };

/** Whom the site's containers run as, and who therefore has to own what they read; undefined if .env does not say. */
export function ownerOf({ SITE_USER = '' }: Env): Owner | undefined {
  const [, uid, gid] = /^(\d+):(\d+)$/.exec(SITE_USER) ?? [];
  return uid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
}

/** Undefined if there is no such file. @throws CliError if it cannot be read */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new CliError(
      `${path} cannot be read: ${messageOf(error)}`,
      'Run this as a user who may read it (sudo).',
    );
  }
}

/**
 * Replaces a file: a reader sees all of the old content or all of the new. Keeps mode and owner of what was
 * there; a new one only its owner may read. @throws CliError
 */
export function replaceFile(path: string, content: string, newOwner?: Owner): void {
  const before = statOf(path);
  const beside = `${path}.new-${process.pid}`;
  writing(path, () => {
    makeFolder(dirname(path), newOwner);
    try {
      writeDown(beside, content, before ? before.mode & 0o777 : fileMode);
      const owner = before ?? newOwner;
      if (owner) chownSync(beside, owner.uid, owner.gid);
      renameSync(beside, path);
    } catch (error) {
      rmSync(beside, { force: true });
      throw error;
    }
  });
}

/** In a file that is not there yet; durable when it returns. */
function writeDown(path: string, content: string, mode: number): void {
  const file = openSync(path, 'wx', mode);
  try {
    writeSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/**
 * Overwrites a small file where it is. A container that has the file mounted goes on seeing the file that it
 * was started with, so one that is renamed into its place would never reach it. One write of one page is
 * all or nothing for who reads it. What is left over of a longer one is filled with line ends.
 * @throws CliError
 */
export function overwriteInPlace(path: string, content: string, newOwner?: Owner): void {
  const before = statOf(path);
  if (before === undefined) {
    replaceFile(path, content, newOwner);
    return;
  }
  writing(path, () => {
    const file = openSync(path, 'r+');
    try {
      writeSync(file, content.padEnd(before.size, '\n'), 0);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  });
}

/** @throws CliError if {@link overwriteInPlace} would fail */
export function checkWritable(path: string): void {
  writing(path, () => closeSync(openSync(path, 'r+')));
}

/** Makes a folder that only its owner may enter, and those above it, if they are not there. @throws CliError */
export function makeFolder(path: string, owner?: Owner): void {
  if (statOf(path)) return;
  makeFolder(dirname(path), owner);
  writing(path, () => {
    mkdirSync(path, { mode: folderMode });
    if (owner) chownSync(path, owner.uid, owner.gid);
  });
}

function statOf(path: string) {
  return statSync(path, { throwIfNoEntry: false });
}

function writing(path: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    throw new CliError(
      `${path} cannot be written: ${messageOf(error)}`,
      'Run this as a user who may write it (sudo).',
    );
  }
}
