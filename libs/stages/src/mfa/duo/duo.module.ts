import { readConfig } from '@gatehouse/platform';
import type { Provider } from '@nestjs/common';
import { duoConfig } from './duo.config.js';
import { DuoClient } from './duo-client.js';
import { DuoConnection } from './duo-connection.js';

const S = 1000;

/** Injectable rate limits of pushes. */
export class DuoSettings {
  constructor(
    /** Minimum milliseconds between two pushes to a phone, and from a denial on the phone to the next push. */
    readonly cooldownMs: number,
    /** Maximum number of pushes to a phone within an hour. */
    readonly maxPerHour: number,
  ) {}
}

/** Returns the providers that the setup stage and the validation stage need. */
export const duoProviders = (): Provider[] => {
  const { DUO_TIMEOUT_S, DUO_REST_S, DUO_MAX_AN_HOUR, DUO_URL } = readConfig(duoConfig);
  const connection = new DuoConnection({ timeoutMs: DUO_TIMEOUT_S * S, url: DUO_URL });
  return [
    { provide: DuoClient, useValue: new DuoClient(connection) },
    { provide: DuoSettings, useValue: new DuoSettings(DUO_REST_S * S, DUO_MAX_AN_HOUR) },
  ];
};
