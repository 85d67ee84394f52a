import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import { replaceFile } from '../../site/files.ts';

/** Sets one key of `standby.host` in failover.yaml, and leaves all else as it stands there, comments too. */
export function setInHost(file: string, key: 'imageId' | 'generation', value: string | number): void {
  const document = parseDocument(readFileSync(file, 'utf8'));
  document.setIn(['standby', 'host', key], value);
  replaceFile(file, document.toString({ lineWidth: 0 }));
}
