import { CreateDirectory1764028800000 } from './1764028800000-create-directory.js';
import { AllGroups1764028920000 } from './1764028920000-all-groups.js';
import { ApiTokens1764115200000 } from './1764115200000-api-tokens.js';
import { UserAttributes1764115260000 } from './1764115260000-user-attributes.js';
import { Policies1764115320000 } from './1764115320000-policies.js';
import { Invitations1764201720000 } from './1764201720000-invitations.js';
import { InvitationsUsedUp1764288000000 } from './1764288000000-invitations-used-up.js';
import { AwaitedMail1764288060000 } from './1764288060000-awaited-mail.js';
import { SourceGroups1764460800000 } from './1764460800000-source-groups.js';
import { ReplaceHash1764547140000 } from './1764547140000-replace-hash.js';
import { SuperuserPermits1764547200000 } from './1764547200000-superuser-permits.js';
import { GuardSuperusers1764547260000 } from './1764547260000-guard-superusers.js';
import { GuardSourceGroups1764547320000 } from './1764547320000-guard-source-groups.js';
import { PermitsOfServices1764547380000 } from './1764547380000-permits-of-services.js';
import { VerifiedEmails1764633600000 } from './1764633600000-verified-emails.js';
import { StandInHashes1764633780000 } from './1764633780000-stand-in-hashes.js';
import { UsernameKeys1764633840000 } from './1764633840000-username-keys.js';
import { CheapGroupFunctions1764892860000 } from './1764892860000-cheap-group-functions.js';
import { ExpiredTokens1764892920000 } from './1764892920000-expired-tokens.js';
import { TokenScopes1765497600300 } from './1765497600300-token-scopes.js';
import { SeveralParents1765584002000 } from './1765584002000-several-parents.js';
import { OldPasswords1765584003000 } from './1765584003000-old-passwords.js';
import { ApplySignals1766191200000 } from './1766191200000-apply-signals.js';
import { UnusablePasswords1766191380000 } from './1766191380000-unusable-passwords.js';

/** The Postgres schema of users, groups and tokens. */
export const DIRECTORY_SCHEMA = 'directory';

/** The directory's migrations in order. A released migration is never edited. */
export const directoryMigrations = [
  CreateDirectory1764028800000,
  AllGroups1764028920000,
  ApiTokens1764115200000,
  UserAttributes1764115260000,
  Policies1764115320000,
  Invitations1764201720000,
  InvitationsUsedUp1764288000000,
  AwaitedMail1764288060000,
  SourceGroups1764460800000,
  ReplaceHash1764547140000,
  SuperuserPermits1764547200000,
  GuardSuperusers1764547260000,
  GuardSourceGroups1764547320000,
  PermitsOfServices1764547380000,
  VerifiedEmails1764633600000,
  StandInHashes1764633780000,
  UsernameKeys1764633840000,
  CheapGroupFunctions1764892860000,
  ExpiredTokens1764892920000,
  TokenScopes1765497600300,
  SeveralParents1765584002000,
  OldPasswords1765584003000,
  ApplySignals1766191200000,
  UnusablePasswords1766191380000,
];
