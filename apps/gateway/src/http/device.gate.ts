import { Problem } from '@gatehouse/contracts';
import type { GatewayConfig } from '../gateway.config.js';
import { NetworkRates } from './network-rates.js';

const PERIOD_S = 3600;
/** Networks that are remembered at a time. */
const NETWORKS = 100_000;

/** Bounds how often one network may have codes for devices (docs/spec/device-codes.md#endpoints). */
export class DeviceGate {
  private readonly rates: NetworkRates | undefined;

  constructor({ DEVICE_CODE_RATE: requests }: Pick<GatewayConfig, 'DEVICE_CODE_RATE'>) {
    this.rates = requests === 0 ? undefined : new NetworkRates({ requests, periodS: PERIOD_S, networks: NETWORKS });
  }

  /** Throws rate_limited. */
  admit(ip: string): void {
    const counted = this.rates?.count(ip);
    if (counted?.admitted === false) throw new Problem('rate_limited', { retry_after_s: counted.nextInS });
  }
}
