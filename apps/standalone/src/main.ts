import { exitWithError, stopOnSignal } from '@gatehouse/platform';
import { startStandalone } from './start-standalone.js';

const fail = exitWithError('gatehouse');
/** Prints for the person at the terminal. Standard output is for log lines. */
const print = (line: string) => void process.stderr.write(`${line}\n`);
// Read before the start, which writes defaults into the environment.
const { BASE_URL } = process.env;
const { ready, stop } = startStandalone(process.env, print);
stopOnSignal(stop, fail);
try {
  const url = await ready;
  const visited = BASE_URL?.replace(/\/+$/, '') || url;
  const listens = visited === url ? '' : ` (at ${url} on this machine)`;
  print(`Gatehouse is ready: ${visited}/if/flow/default-authentication-flow/${listens}`);
} catch (error) {
  fail(error);
}
