import { CreateConsent1764201780000 } from './1764201780000-create-consent.js';
import { CreateDeviceCodes1764404400000 } from './1764404400000-create-device-codes.js';

/** The Postgres schema of what users have allowed applications. */
export const CONSENT_SCHEMA = 'consent';

/** Its migrations, in order; listed by hand, never edited once released. */
export const consentMigrations = [CreateConsent1764201780000, CreateDeviceCodes1764404400000];
