import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { StandbyHost } from '../cloud/standby-host.ts';
import type { Program } from '../parts/program.ts';
import { dockerStandin } from './docker-standin.ts';
import { createHost } from './host.ts';
import type { StandinImages } from './standin-images.ts';

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
    docker: readFileSync(wrapper, 'utf8'),
    environment: { ...Object.fromEntries(inherited), DRILL_REAL_DOCKER: realDocker },
    stunnel,
  });
}

/**
 * A host whose containers are plain processes.
 * @param images what can be run; whoever changes it changes what is there from then on
 */
export function createProcessHost(folder: string, images: StandinImages, stunnel?: Program): StandbyHost {
  const docker = (dockerFolder: string, env: Readonly<Record<string, string>>) =>
    dockerStandin({ folder: dockerFolder, images, env });
  return createHost({ folder, docker, environment: {}, stunnel });
}
