import { dataSourceModule } from '@gatehouse/platform';
import { CONSENT_SCHEMA } from './migrations/index.js';

/** One object, so that Nest opens one pool however many stages of the service import it. */
export const consentDataSourceModule = dataSourceModule(CONSENT_SCHEMA);
