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

/** More than there are visitors at a time, so that no two of them spend one user's attempts. */
export const USERS = 64;

const users = Array.from({ length: USERS }, (_, i) => `user-${i}`);

/** The flows that are measured, and those who log in. */
export const FLOWS = blueprint(
  ...users.map((name) => userEntry(name)),
  ...users.map((name) => userEntry(`slow-${name}`, { password: undefined })),
  flowEntries('one-dummy', [DUMMY]),
  flowEntries('two-dummies', [DUMMY, DUMMY]),
  flowEntries('asked-dummies', [DUMMY, DUMMY]),
  expressionEntry('no password yet', NO_PASSWORD_YET),
  boundEntry('asked-dummies-1 bound', 'no password yet'),
  flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
);
