import { exitWithError, stopOnSignal } from '@gatehouse/platform';
import { startStandalone } from './start-standalone.js';

const fail = exitWithError('gatehouse');
/** Prints for the person at the terminal. Standard output is for log lines. */
const print = (line: string) => void process.stderr.write(`${line}\n`);
const { ready, stop } = startStandalone(process.env, print);
stopOnSignal(stop, fail);
try {
  print(`Gatehouse is ready: ${await ready}/if/flow/default-authentication-flow/`);
} catch (error) {
  fail(error);
}
