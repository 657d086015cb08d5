import { CreateConsent1764201780000 } from './1764201780000-create-consent.js';

/** The Postgres schema of what users have allowed applications. */
export const CONSENT_SCHEMA = 'consent';

/** Its migrations, in order; listed by hand, never edited once released. */
export const consentMigrations = [CreateConsent1764201780000];
