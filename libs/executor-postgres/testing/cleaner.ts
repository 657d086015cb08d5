import type { DataSource } from 'typeorm';
import { type CleanerSettings, ExpiredRowCleaner } from '../src/expired-row-cleaner.js';

const DAY_S = 86_400;

/** Returns a cleaner that neither pauses between batches nor waits for requests, unless `overrides` says otherwise. */
export function cleanerOn(
  source: DataSource,
  overrides: Partial<CleanerSettings> = {},
  observer: Partial<ConstructorParameters<typeof ExpiredRowCleaner>[2]> = {},
): ExpiredRowCleaner {
  const retention = { attemptsS: 365 * DAY_S, tokensS: 30 * DAY_S, invitationsS: 30 * DAY_S };
  return new ExpiredRowCleaner(
    source,
    { batchRows: 1000, timePercent: 100, retention, ...overrides },
    { isBusy: () => false, onRemoved: () => undefined, ...observer },
  );
}
