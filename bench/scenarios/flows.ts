import {
  blueprint,
  DUMMY,
  flowEntries,
  IDENTIFICATION,
  LOGIN,
  PASSWORD,
  userEntry,
} from '../../test/support/blueprints.js';
import { boundEntry, expressionEntry, NO_PASSWORD_YET } from '../../test/support/policy-entries.js';

/**
 * Number of users. It exceeds the number of concurrent visitors, so that no two visitors share the attempts of a user.
 */
export const USERS = 64;

const users = Array.from({ length: USERS }, (_, i) => `user-${i}`);

/** The measured flows, and the users who log in. */
export const FLOWS = blueprint(
  ...users.map((name) => userEntry(name)),
  ...users.map((name) => userEntry(`slow-${name}`, { password: undefined })),
  flowEntries('one-dummy', [DUMMY]),
  flowEntries('two-dummies', [DUMMY, DUMMY]),
  flowEntries('rolled-dummies', [DUMMY, DUMMY]),
  flowEntries('policy-dummies', [DUMMY, DUMMY]),
  expressionEntry('no password yet', NO_PASSWORD_YET),
  boundEntry('policy-dummies-1 bound', 'no password yet'),
  flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
  flowEntries('no-password', [IDENTIFICATION, DUMMY, LOGIN]),
);
