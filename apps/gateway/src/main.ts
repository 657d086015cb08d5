import { ConfigError, Logger, readConfig, shutDownOnSignal } from '@gatehouse/platform';
import { gatewayConfig } from './gateway.config.js';
import { startGateway } from './start-gateway.js';

function fail(error: unknown): never {
  process.stderr.write(`gateway: ${error instanceof ConfigError ? error.message : String((error as Error).stack)}\n`);
  process.exit(1);
}

try {
  const config = readConfig(gatewayConfig);
  const gateway = await startGateway(config);
  new Logger('gateway', config.LOG_LEVEL).event('serving', { service: 'gateway', url: gateway.url });
  shutDownOnSignal(() => gateway.close(), fail);
  void gateway.refused.then(fail);
} catch (error) {
  fail(error);
}
