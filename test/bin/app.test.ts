import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { runFailover } from '../../bin/cli/app.ts';
import { checks } from '../../bin/cli/doctor/checks/index.ts';
import { markdown } from '../../bin/cli/doctor/reference.ts';
import { failover } from './fixture.ts';

const commands = [
  ...['status', 'why', 'history', 'switchover', 'failback', 'failover', 'pause', 'resume', 'acknowledge'],
  ...['self-test', 'drill', 'site init', 'doctor', 'token rotate', 'token retire', 'host image'],
].map((name) => name.split(' '));

describe('every command', () => {
  test.each(commands)('%s %s has help with an example, --json and --config', async (...words) => {
    const { exitCode, stdout } = await failover([...words.filter(Boolean), '--help']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`EXAMPLE\n  npm run failover -- ${words.filter(Boolean).join(' ')}`);
    expect(stdout).toMatch(/\[--json\]/);
    expect(stdout).toMatch(/\[--config\].*failover\.yaml/);
  });

  test.each(commands)('%s %s refuses an option it does not know, with exit code 2', async (...words) => {
    const { exitCode, stderr } = await failover([...words.filter(Boolean), '--frobnicate']);
    expect(stderr).toContain('No flag registered for --frobnicate');
    expect(stderr).toContain('What to do:');
    expect(exitCode).toBe(2);
  });
});

test('--version is that of the package', async () => {
  const { exitCode, stdout } = await failover(['--version']);
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect([exitCode, stdout.trim()]).toEqual([0, version]);
});

test('in the terminal of a held drill that has ended, every command says so', async () => {
  const { pid } = spawnSync(process.execPath, ['--version']);
  for (const args of [['status'], ['site', 'init'], ['--help']]) {
    const { exitCode, stderr } = await failover(args, { env: { FAILOVER_DRILL: String(pid) } });
    expect(stderr).toBe(
      `the held drill that this terminal is for has ended (process ${pid})\nWhat to do: Hold another one ("npm start -- --hold") and load its file again, or open a new terminal.\n`,
    );
    expect(exitCode).toBe(1);
  }
  const { exitCode } = await failover(['--help'], { env: { FAILOVER_DRILL: String(process.pid) } });
  expect(exitCode).toBe(0);
});

test('a command that is not there: exit code 2, and the nearest one', async () => {
  const { exitCode, stderr } = await failover(['doctr']);
  expect(stderr).toContain('did you mean `doctor`?');
  expect(exitCode).toBe(2);
});

test('a configuration that cannot be read is wrong usage', async () => {
  const { exitCode, stderr } = await failover(['site', 'init', '--config', 'nowhere.yaml']);
  expect(stderr).toMatch(/^nowhere\.yaml: cannot be read .*\nWhat to do: Correct it, or name the file/);
  expect(exitCode).toBe(2);
});

test('the shell is offered commands and options', async () => {
  const offered = async (line: string) => {
    let words = '';
    const stream = { write: (text: string) => (words += text) };
    await runFailover(['__complete'], {
      process: { stdout: stream, stderr: stream, env: { COMP_LINE: line } },
      clock: Date.now,
    });
    return words.trim().split('\n');
  };
  const all = [...new Set(commands.map(([first]) => first)), 'completion', 'deploy'];
  expect((await offered('failover ')).sort()).toEqual(all.sort());
  expect(await offered('failover switchover --y')).toEqual(['--yes']);
  expect(await offered('failover token r')).toEqual(['rotate', 'retire']);
  expect(await offered('failover doctor --n')).toEqual(['--no-cloud']);
  expect((await failover(['completion', 'bash'])).stdout).toContain(
    "complete -o default -C 'failover __complete' failover",
  );
  expect((await failover(['completion', 'fish'])).exitCode).toBe(2);
});

test('help loads none of the AWS clients, nor what reads the configuration', () => {
  const entry = fileURLToPath(new URL('../../bin/failover.ts', import.meta.url));
  const spy = `import { registerHooks } from 'node:module';
    registerHooks({ load: (url, context, next) => { console.error(url); return next(url, context); } });`;
  const { stderr, status } = spawnSync(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(spy)}`, entry, '--help'],
    { encoding: 'utf8' },
  );
  expect(status).toBe(0);
  const loaded = stderr.split('\n').filter((url) => url.startsWith('file:'));
  expect(loaded.length).toBeGreaterThan(3);
  expect(loaded.filter((url) => /node_modules/.test(url) && !/@stricli/.test(url))).toEqual([]);
  // The version stands in package.json.
  expect(loaded.filter((url) => !url.endsWith('/package.json')).length).toBeLessThan(10);
});

test('every check is in docs/doctor.md, once', () => {
  const page = markdown();
  for (const { name } of checks) expect(page).toContain(`| \`${name}\` |`);
  expect(new Set(checks.map(({ name }) => name)).size).toBe(checks.length);
});
