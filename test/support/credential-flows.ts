import {
  blueprint,
  DUMMY,
  flowEntries,
  IDENTIFICATION,
  keyOf,
  LOGIN,
  PASSWORD,
  tokenEntry,
  userEntry,
} from './blueprints.js';
import { asking, fieldEntry, writing } from './prompts.js';

const APP = {
  stage: 'authenticator_totp.authenticatortotpstage',
  attrs: { digits: 6, configure_flow: keyOf('about-me') },
};
const CODES = { stage: 'authenticator_static.authenticatorstaticstage' };
const KEYS = { stage: 'authenticator_webauthn.authenticatorwebauthnstage' };
const EITHER_PASSWORD = {
  ...PASSWORD,
  attrs: { backends: ['authentik.core.auth.InbuiltBackend', 'authentik.core.auth.TokenBackend'] },
};
const MEMBERS = { designation: 'stage_configuration', authentication: 'require_authenticated' };
/** Users of the tests. Each test that tries to change or delete a user has its own user. */
const USERS = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank'] as const;

/** Returns the API token of a user. */
export const tokenOf = (username: (typeof USERS)[number]) =>
  `a-token-of-${username}-that-nobody-guesses-0123456789abcdef`;
/** The app password of Alice. */
export const APP_PASSWORD = 'an-app-password-of-alice-that-nobody-guesses-01234567'; // not-a-secret

/** The services that `CREDENTIAL_FLOWS` need. */
export const CREDENTIAL_SERVICES = ['identification', 'password', 'session', 'enrollment', 'mfa'] as const;

/** Users with tokens, and flows that log in, set up devices, and change passwords, addresses and users. */
export const CREDENTIAL_FLOWS = blueprint(
  USERS.map((username) => userEntry(username)),
  USERS.map((username) => tokenEntry(username, tokenOf(username))),
  tokenEntry('alice', APP_PASSWORD, { intent: 'app_password' }),
  flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
  flowEntries('mail-login', [IDENTIFICATION, EITHER_PASSWORD, LOGIN]),
  flowEntries('nameless-login', [IDENTIFICATION, LOGIN]),
  flowEntries('first-login', [IDENTIFICATION, PASSWORD, CODES, LOGIN]),
  flowEntries('mail-first-login', [IDENTIFICATION, EITHER_PASSWORD, CODES, LOGIN]),
  // This flow precedes the flow `app`, whose stage names it as `configure_flow`.
  flowEntries('about-me', [LOGIN], MEMBERS),
  flowEntries('app', [APP], MEMBERS),
  flowEntries('codes', [CODES], MEMBERS),
  flowEntries('keys', [KEYS], MEMBERS),
  flowEntries('nameless-codes', [IDENTIFICATION, CODES], { designation: 'stage_configuration' }),
  flowEntries('sure-codes', [PASSWORD, CODES], MEMBERS),
  flowEntries('private', [DUMMY], MEMBERS),
  ...[fieldEntry('new', ['password', 'password']), fieldEntry('new', ['password_repeat', 'password'])],
  ...[fieldEntry('own', ['name', 'text']), fieldEntry('own', ['email', 'email'])],
  ...[fieldEntry('joining', ['username', 'username']), fieldEntry('joining', ['password', 'password'])],
  flowEntries('password', [asking('new', ['password', 'password_repeat']), writing('never_create')], MEMBERS),
  flowEntries('settings', [asking('own', ['name', 'email']), writing('never_create')], MEMBERS),
  flowEntries('leave', [{ stage: 'user_delete.userdeletestage' }], MEMBERS),
  flowEntries('join', [asking('joining', ['username', 'password']), writing('always_create'), LOGIN, CODES], {
    designation: 'enrollment',
  }),
  flowEntries(
    'recovery',
    [
      ...[IDENTIFICATION, { stage: 'email.emailstage', attrs: { use_global_settings: true } }],
      ...[asking('new', ['password', 'password_repeat']), writing('never_create')],
    ],
    { designation: 'recovery' },
  ),
);
