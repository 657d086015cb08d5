import { readConfig } from '@gatehouse/platform';
import type { Provider } from '@nestjs/common';
import { duoConfig } from './duo.config.js';
import { Duo } from './duo.js';
import { HttpDuo } from './duo-client.js';
import { DuoConnection } from './duo-connection.js';

const S = 1000;

/** What operators set of Duo. */
export class DuoSettings {
  constructor(
    /** Milliseconds between two messages to a phone, and after a refusal on it. */
    readonly restMs: number,
    /** Messages that one phone may get in an hour. */
    readonly mostAnHour: number,
  ) {}
}

/** Duo, and what is set of it, for the stages that ask it. */
export const duoProviders = (): Provider[] => {
  const { DUO_TIMEOUT_S, DUO_REST_S, DUO_MAX_AN_HOUR, DUO_URL } = readConfig(duoConfig);
  const connection = new DuoConnection({ timeoutMs: DUO_TIMEOUT_S * S, url: DUO_URL });
  return [
    { provide: Duo, useValue: new HttpDuo(connection) },
    { provide: DuoSettings, useValue: new DuoSettings(DUO_REST_S * S, DUO_MAX_AN_HOUR) },
  ];
};
