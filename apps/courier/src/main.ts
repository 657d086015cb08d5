import { courierConfig, startCourier } from '@gatehouse/courier';
import { exitWithError, Logger, readConfig, stopOnSignal } from '@gatehouse/platform';

const fail = exitWithError('courier');
try {
  const config = readConfig(courierConfig);
  const courier = await startCourier(config);
  new Logger('courier', config.LOG_LEVEL).event('serving', { service: 'courier' });
  stopOnSignal(() => courier.close(), fail);
  void courier.refused.then(fail);
} catch (error) {
  fail(error);
}
