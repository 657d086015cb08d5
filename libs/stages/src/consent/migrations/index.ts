import { CreateConsent1764201780000 } from './1764201780000-create-consent.js';
import { CreateDeviceCodes1764404400000 } from './1764404400000-create-device-codes.js';
import { CreateAuthorizationRequests1765152060000 } from './1765152060000-create-authorization-requests.js';
import { TokenCodes1765152120000 } from './1765152120000-token-codes.js';
import { WaitingAuthorizationRequests1765411380000 } from './1765411380000-waiting-authorization-requests.js';

/** The Postgres schema of consent, of device codes and of authorization codes. */
export const CONSENT_SCHEMA = 'consent';

/** Migrations of the schema, in order. Never edit a released migration. */
export const consentMigrations = [
  CreateConsent1764201780000,
  CreateDeviceCodes1764404400000,
  CreateAuthorizationRequests1765152060000,
  TokenCodes1765152120000,
  WaitingAuthorizationRequests1765411380000,
];
