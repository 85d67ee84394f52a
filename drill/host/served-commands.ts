import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../kit/errors.ts';
import { listen } from '../kit/http.ts';

/** Carries a command out and gives what it prints. @throws CommandFailed with what it says on stderr */
export type ServedCommand = (args: readonly string[]) => Promise<string>;

/** How a command ends that fails. */
export class CommandFailed extends Error {
  readonly exitCode: number;
  /** @param message a line for stderr */
  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Commands of the host that the drill's own process carries out, as Docker's daemon does for its client. */
export interface ServedCommands {
  /** From then on the clients reach it, if their environment has what this adds. Opens what is open but once. */
  open(env: Record<string, string>): Promise<void>;
  close(): void;
}

/** The text of the client: an executable script whose file has the command's name. */
export const clientScript = readFileSync(
  fileURLToPath(new URL('served-command-client.sh', import.meta.url)),
  'utf8',
);

/** Nothing is listened on before it is opened. @param commands by name */
export function serveCommands(commands: Readonly<Record<string, ServedCommand>>): ServedCommands {
  // Any user of the machine can connect.
  const token = randomBytes(24).toString('base64url');
  let server: Server | undefined;
  let port: Promise<number> | undefined;
  return {
    async open(env) {
      if (!server) {
        server = createServer((socket) => answer(socket, token, commands));
        port = listen(server);
        // A drill ends without asking whether somebody could still call.
        server.unref();
      }
      env.DRILL_COMMANDS_PORT = String(await port);
      env.DRILL_COMMANDS_TOKEN = token;
    },
    close() {
      server?.close();
      server = undefined;
    },
  };
}

/** A request is the token, the command's name, the number of its arguments and these, each with a NUL behind it. */
function answer(socket: Socket, token: string, commands: Readonly<Record<string, ServedCommand>>): void {
  let received = '';
  // The script that asked may be killed at any moment; what it began is carried out, as by a daemon.
  socket.on('error', () => socket.destroy());
  socket.setEncoding('utf8').on('data', async (text: string) => {
    received += text;
    const [given, name = '', count, ...rest] = received.split('\0');
    const args = rest.slice(0, -1);
    if (count === undefined || rest.length === 0 || args.length < Number(count)) return;
    socket.pause();
    if (given === token) socket.end(await carryOut(commands[name], args));
    else socket.destroy();
  });
}

/** A line with exit code and length of stdout in bytes, then stdout, then stderr. */
async function carryOut(command: ServedCommand | undefined, args: readonly string[]): Promise<string> {
  try {
    if (!command) throw new CommandFailed('the drill serves no such command', 127);
    const stdout = await command(args);
    return `0 ${Buffer.byteLength(stdout)}\n${stdout}`;
  } catch (error) {
    const exitCode = error instanceof CommandFailed ? error.exitCode : 1;
    return `${exitCode} 0\n${messageOf(error)}\n`;
  }
}
