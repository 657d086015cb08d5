import { exitWithError, Logger, readConfig, stopOnSignal } from '@gatehouse/platform';
import { gatewayConfig } from './gateway.config.js';
import { startGateway } from './start-gateway.js';

const fail = exitWithError('gateway');
try {
  const config = readConfig(gatewayConfig);
  const gateway = await startGateway(config);
  new Logger('gateway', config.LOG_LEVEL).event('serving', { service: 'gateway', url: gateway.url });
  stopOnSignal(() => gateway.close(), fail);
  void gateway.refused.then(fail);
} catch (error) {
  fail(error);
}
