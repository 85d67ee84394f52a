/**
 * Stands for a socket of systemd with `Accept=yes`: starts a program for each connection, with the connection as its
 * input and output. Started by systemctl-standin.sh with the path of the socket and the words of the program.
 */
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createServer } from 'node:net';

const [path = '', program = '', ...args] = process.argv.slice(2);

rmSync(path, { force: true });
const server = createServer({ pauseOnConnect: true }, (connection) => {
  const child = spawn(program, args, { stdio: [connection, connection, 'inherit'] });
  // Its own copy; the program has the connection now.
  child.once('spawn', () => connection.destroy());
  child.once('error', (error) => {
    console.error(`${program}: ${error.message}`);
    connection.destroy();
  });
});
server.listen(path);
