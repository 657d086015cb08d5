import { exitWithError, stopOnSignal } from '@gatehouse/platform';
import { startStandalone } from './start-standalone.js';

const fail = exitWithError('gatehouse');
const { ready, stop } = startStandalone(process.env);
stopOnSignal(stop, fail);
try {
  const { url, admin } = await ready;
  if (admin) process.stdout.write(`Administrator: ${admin.username}, password: ${admin.password}\n`);
  process.stdout.write(`Gatehouse is ready: ${url}/if/flow/default-authentication-flow/\n`);
} catch (error) {
  fail(error);
}
