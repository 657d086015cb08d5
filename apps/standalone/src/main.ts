import { ConfigError, shutDownOnSignal } from '@gatehouse/platform';
import { startStandalone } from './start-standalone.js';

function fail(error: unknown): never {
  process.stderr.write(`gatehouse: ${error instanceof ConfigError ? error.message : String((error as Error).stack)}\n`);
  process.exit(1);
}

const { ready, stop } = startStandalone(process.env);
shutDownOnSignal(stop, fail);
try {
  const { url, admin } = await ready;
  if (admin) process.stdout.write(`Administrator: ${admin.username}, password: ${admin.password}\n`);
  process.stdout.write(`Gatehouse is ready: ${url}/if/flow/default-authentication-flow/\n`);
} catch (error) {
  fail(error);
}
