import { CreateConsent1764201780000 } from './1764201780000-create-consent.js';
import { CreateDeviceCodes1764404400000 } from './1764404400000-create-device-codes.js';

/** The Postgres schema of consent and of device codes. */
export const CONSENT_SCHEMA = 'consent';

/** Migrations of the schema, in order. Never edit a released migration. */
export const consentMigrations = [CreateConsent1764201780000, CreateDeviceCodes1764404400000];
