import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createHost, type StandbyHost } from './host.ts';
import type { Program } from '../parts/index.ts';
import { quoted } from '../quoted.ts';
import type { StandinImage } from './standin-store.ts';

/** A host whose scripts use the real Docker daemon. @param realDocker path of the docker command */
export function createDockerHost(folder: string, realDocker: string, stunnel?: Program): StandbyHost {
  const wrapper = fileURLToPath(new URL('docker-wrapper.sh', import.meta.url));
  // The daemon may be elsewhere, and the client's settings are in the user's home.
  const settings = [
    'DOCKER_HOST',
    'DOCKER_CONTEXT',
    'DOCKER_CONFIG',
    'DOCKER_CERT_PATH',
    'DOCKER_TLS_VERIFY',
    'HOME',
  ];
  const inherited = settings.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return createHost({
    folder,
    dockerCommand: readFileSync(wrapper, 'utf8'),
    environment: {
      ...Object.fromEntries(inherited),
      DRILL_REAL_DOCKER: realDocker,
      DRILL_NODE: process.execPath,
      DRILL_REGISTRY: fileURLToPath(new URL('registry.ts', import.meta.url)),
    },
    stunnel,
  });
}

/** A host whose containers are plain processes. @param images what can be run, by image name */
export function createProcessHost(
  folder: string,
  images: Readonly<Record<string, StandinImage>>,
  stunnel?: Program,
): StandbyHost {
  const standin = fileURLToPath(new URL('docker-standin.ts', import.meta.url));
  const host = createHost({
    folder,
    dockerCommand: `#!/bin/sh\nexec ${quoted(process.execPath)} ${quoted(standin)} "$@"\n`,
    environment: {},
    stunnel,
  });
  writeFileSync(join(folder, 'docker', 'images.json'), JSON.stringify(images));
  return host;
}
