import { CreateMfa1764201600000 } from './1764201600000-create-mfa.js';
import { GuardSuperuserDevices1764547380000 } from './1764547380000-guard-superuser-devices.js';
import { DigestKeys1764806400000 } from './1764806400000-digest-keys.js';
import { EmailDevices1766016000000 } from './1766016000000-email-devices.js';
import { DeviceTries1766016060000 } from './1766016060000-device-tries.js';
import { OwnedCredentialIds1766188800000 } from './1766188800000-owned-credential-ids.js';

/** The Postgres schema of devices. */
export const MFA_SCHEMA = 'mfa';

/** The migrations of the schema, in order. Add new ones by hand; never edit a released one. */
export const mfaMigrations = [
  CreateMfa1764201600000,
  GuardSuperuserDevices1764547380000,
  DigestKeys1764806400000,
  EmailDevices1766016000000,
  DeviceTries1766016060000,
  OwnedCredentialIds1766188800000,
];
