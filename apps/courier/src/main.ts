import { courierConfig, startCourier } from '@gatehouse/courier';
import { ConfigError, Logger, readConfig, shutDownOnSignal } from '@gatehouse/platform';

function fail(error: unknown): never {
  process.stderr.write(`courier: ${error instanceof ConfigError ? error.message : String((error as Error).stack)}\n`);
  process.exit(1);
}

try {
  const config = readConfig(courierConfig);
  const courier = await startCourier(config);
  new Logger('courier', config.LOG_LEVEL).event('serving', { service: 'courier' });
  shutDownOnSignal(() => courier.close(), fail);
  void courier.refused.then(fail);
} catch (error) {
  fail(error);
}
