import { ConfigError } from '@gatehouse/platform';
import { startStandalone } from './start-standalone.js';

try {
  const { url, admin, stop } = await startStandalone(process.env);
  if (admin) process.stdout.write(`Administrator: ${admin.username}, password: ${admin.password}\n`);
  process.stdout.write(`Gatehouse is ready: ${url}/if/flow/default-authentication-flow/\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void stop().then(() => process.exit(0)));
  }
} catch (error) {
  process.stderr.write(`gatehouse: ${error instanceof ConfigError ? error.message : String((error as Error).stack)}\n`);
  process.exit(1);
}
