import { randomUUID } from 'node:crypto';
import { AwsError } from '../aws-error.ts';

/** A version of a secret; one without labels is deprecated, and gone. */
export interface Version {
  readonly id: string;
  readonly value: string;
  readonly createdAt: number;
  readonly labels: ReadonlySet<string>;
}

/** The versions of one secret and their staging labels, with the rules by which AWS moves them. */
export interface Versions {
  /** @throws AwsError if there is no such version */
  find(by: { readonly id?: unknown; readonly label?: unknown }): Version;
  all(): readonly Version[];
  put(value: string, id: string, labels?: readonly string[]): Version;
  /** Takes a label off one version, or moves it to another one, or both. */
  relabel(label: string, from: unknown, to: unknown): void;
}

const CURRENT = 'AWSCURRENT';
const PREVIOUS = 'AWSPREVIOUS';

const refused = (message: string) => new AwsError('InvalidParameterException', message);

export function createVersions(first: string): Versions {
  let versions: readonly Version[] = [];

  const holder = (label: string) => versions.find(({ labels }) => labels.has(label));

  /** Each label is on one version at most. `AWSPREVIOUS` goes to where `AWSCURRENT` was. */
  const move = (label: string, to: Version | undefined): void => {
    const before = holder(label);
    versions = versions
      .map((version) => {
        const others = [...version.labels].filter((one) => one !== label);
        return { ...version, labels: new Set(version.id === to?.id ? [...others, label] : others) };
      })
      .filter(({ labels }) => labels.size > 0);
    if (label === CURRENT && before && before.id !== to?.id) restore(before);
  };
  const restore = (before: Version): void => {
    if (!versions.some(({ id }) => id === before.id))
      versions = [...versions, { ...before, labels: new Set() }];
    move(PREVIOUS, before);
  };

  const named = (id: unknown): Version => {
    const version = versions.find((one) => one.id === id);
    if (version) return version;
    throw new AwsError(
      'ResourceNotFoundException',
      `Secrets Manager can't find the secret version ${String(id)}.`,
    );
  };

  const put: Versions['put'] = (value, id, labels = [CURRENT]) => {
    const known = versions.find((one) => one.id === id);
    if (known && known.value !== value) {
      throw new AwsError('ResourceExistsException', `A version ${id} with another value exists already.`);
    }
    if (!known) versions = [...versions, { id, value, createdAt: Date.now(), labels: new Set() }];
    for (const label of labels) move(label, named(id));
    return named(id);
  };
  put(first, randomUUID());

  return {
    find({ id, label = id === undefined ? CURRENT : undefined }) {
      const version = versions.find(
        (one) =>
          (id === undefined || one.id === id) && (label === undefined || one.labels.has(String(label))),
      );
      if (version) return version;
      throw new AwsError(
        'ResourceNotFoundException',
        `Secrets Manager can't find the specified secret value for ${label === undefined ? `VersionId: ${String(id)}` : `staging label: ${String(label)}`}`,
      );
    },
    all: () => versions,
    put,
    relabel(label, from, to) {
      const at = holder(label);
      if (from !== undefined && named(from) !== at)
        throw refused(`The staging label ${label} isn't attached to version ${String(from)}.`);
      if (at && from === undefined && at.id !== to)
        throw refused(
          `The staging label ${label} is attached to version ${at.id}: name it as RemoveFromVersionId.`,
        );
      if (to === undefined && label === CURRENT)
        throw refused(`You can't remove the staging label ${label}; move it to another version.`);
      if (from === undefined && to === undefined)
        throw refused('Neither RemoveFromVersionId nor MoveToVersionId is given.');
      move(label, to === undefined ? undefined : named(to));
    },
  };
}
