import { boolean, type CredentialChange, char, choice, defineStage, reference } from '@gatehouse/contracts';
import { z } from 'zod';

export const CREATION_MODES = ['never_create', 'create_when_required', 'always_create'] as const;
/** Kinds of users that there are. */
export const WRITTEN_TYPES = ['internal', 'external', 'service_account', 'internal_service_account'] as const;

/**
 * Writes what was filled in to the user whom the flow is about, or makes one of it (docs/spec/stages.md#user-write).
 */
export const userWriteContract = defineStage({
  kind: 'user_write',
  component: undefined,
  model: 'authentik_stages_user_write.userwritestage',
  service: 'enrollment',
  config: z.object({
    user_creation_mode: choice(CREATION_MODES).default('create_when_required'),
    create_users_as_inactive: boolean().default(false),
    create_users_group: reference('group'),
    user_type: choice(WRITTEN_TYPES).default('external'),
    user_path_template: char({ allowBlank: true }).default(''),
  }),
  challenge: z.object({}),
  response: z.object({}),
  state: z.object({}),
  reads: {
    pending_user: 'optional',
    auth_method_args: 'optional',
    proof_asked: 'optional',
    prompt_data: 'optional',
    prompt_locked: 'optional',
    prompt_secrets: 'optional',
    invitation_due: 'optional',
    groups: 'optional',
    user_path: 'optional',
    user_type: 'optional',
    source: 'optional',
    'goauthentik.io/sources/connection': 'optional',
  },
  writes: [
    'pending_user',
    'user_backend',
    'prompt_data',
    'prompt_secrets',
    'invitation_due',
    'proof_asked',
    'verified_user',
  ],
  // Before somebody who has lost their password gets another.
  inserts: ['authenticator_validate'],
  changes_user: true,
  identifies: 'by_writing',
  errors: {
    user_write_no_data: { string: 'No Pending data.', code: 'invalid' },
    user_write_nobody: { string: "No user found and can't create new user.", code: 'invalid' },
    user_write_uninvited: { string: 'Invalid invite/invite not found', code: 'invalid' },
    user_write_failed: { string: 'Failed to update user. Please try again later.', code: 'invalid' },
  },
  effects: ['event', 'keep_session'],
  // Of a new password nobody has guessed anything.
  renews: ['password'],
  // An account, or what lets somebody into one.
  grants: true,
  changes_credentials: replacesCredentials,
  alters_user: true,
  writes_data: true,
  // A hash is made on the way.
  deadline_ms: 10_000,
});

/**
 * Whether an existing user gets another password, or another address, which mailed links go to. A new user has no credentials
 * that could be replaced, and names and attributes are none.
 */
function replacesCredentials({ config, context: { prompt_data: data = {} }, user }: CredentialChange): boolean {
  if (!user || config['user_creation_mode'] === 'always_create') return false;
  const { password, email } = data;
  const changesPassword = typeof password === 'string' && password !== '';
  const isText = typeof email === 'string' || typeof email === 'number';
  return changesPassword || (isText && String(email) !== user.email);
}
