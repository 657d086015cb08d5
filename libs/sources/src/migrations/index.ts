import { CreateIdentification1764460800000 } from './1764460800000-create-identification.js';
import { Connecting1764460860000 } from './1764460860000-connecting.js';
import { GuardSuperuserConnections1764547380000 } from './1764547380000-guard-superuser-connections.js';

/** The Postgres schema of sources and of their connections with users. */
export const IDENTIFICATION_SCHEMA = 'identification';

/** The migrations of the schema, in order. Add new ones by hand; never edit a released one. */
export const identificationMigrations = [
  CreateIdentification1764460800000,
  Connecting1764460860000,
  GuardSuperuserConnections1764547380000,
];
