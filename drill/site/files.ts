import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { DrillError } from '../kit/errors.ts';

export const repository = fileURLToPath(new URL('../..', import.meta.url));

/** The config of Prometheus with one more Alertmanager to send to. */
export function withSecondAlertmanager(file: string, folder: string): string {
  const text = readFileSync(file, 'utf8');
  const target = /^( +)- (\S+) # \$\{ALERTMANAGER_ADDRESS\}$/m;
  const paired = text.replace(target, (line, indent) => {
    return `${line}\n${indent}- 127.0.0.1:9095 # \${SECOND_ALERTMANAGER_ADDRESS}`;
  });
  if (paired === text)
    throw new DrillError(`${file} names no ALERTMANAGER_ADDRESS to which a second could be added`);
  const output = join(folder, 'prometheus-for-two.yml');
  writeFileSync(output, paired);
  return output;
}

/** Puts the site's environment into a config file with the script that the containers use. */
export function render(
  source: string,
  output: string,
  environment: Readonly<Record<string, string>>,
): string {
  const script = join(repository, 'monitoring/render.sh');
  const { status, stderr } = spawnSync('sh', [script, source, output], {
    env: { PATH: process.env.PATH, ...environment },
    encoding: 'utf8',
  });
  if (status !== 0) throw new DrillError(stderr.trim());
  return output;
}

/** Where a program listens and what it keeps differs in a drill; all other arguments are production's. */
const placed = /^--(config\.file|storage\.|web\.listen-address)/;

/** The arguments with which the compose file starts a program. */
export function argumentsOf(composeService: string): string[] {
  const compose = parse(readFileSync(join(repository, 'onprem/compose.yaml'), 'utf8'));
  const command: unknown = compose.services?.[composeService]?.command;
  if (!Array.isArray(command))
    throw new DrillError(`onprem/compose.yaml: service ${composeService} has no command`);
  return command.map(String).filter((argument) => !placed.test(argument));
}
