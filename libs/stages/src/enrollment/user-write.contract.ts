import {
  boolean,
  type CredentialChange,
  char,
  choice,
  defineStage,
  type Insert,
  reference,
} from '@gatehouse/contracts';
import { z } from 'zod';

export const CREATION_MODES = ['never_create', 'create_when_required', 'always_create'] as const;
/** User types that the stage can save. */
export const WRITTEN_TYPES = ['internal', 'external', 'service_account', 'internal_service_account'] as const;

/**
 * The step that asks for a second factor before a recovery flow replaces a password. Users without a device skip it.
 */
export const ASK_SECOND_FACTOR: Insert = {
  where: 'before',
  steps: [{ kind: 'authenticator_validate', config: { not_configured_action: 'skip' } }],
};

/**
 * Contract of the user write stage, which saves `prompt_data` to an existing user or creates a user
 * (docs/spec/stages.md#user-write).
 */
export const userWriteContract = defineStage({
  kind: 'user_write',
  component: undefined,
  model: 'authentik_stages_user_write.userwritestage',
  service: 'enrollment',
  preview: { changes_user: true, leaves_out: ({ user_creation_mode: mode }) => mode === 'always_create' },
  config: z.object({
    user_creation_mode: choice(CREATION_MODES).default('create_when_required').describe('When a user is created.'),
    create_users_as_inactive: boolean().default(false).describe('Whether new users are inactive.'),
    create_users_group: reference('group').describe('Group of new users.'),
    user_type: choice(WRITTEN_TYPES).default('external').describe('Kind of account of new users.'),
    user_path_template: char({ allowBlank: true }).default('').describe('Folder of new users.'),
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
    source_email: 'optional',
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
  // Before a recovery flow replaces a password, the stage inserts a step of this kind, which asks for a second factor.
  inserts: ['authenticator_validate'],
  forecast: (_config, designation) => (designation === 'recovery' ? { inserts: [ASK_SECOND_FACTOR] } : {}),
  changes_user: true,
  identifies: 'by_writing',
  errors: {
    user_write_no_data: { string: 'No Pending data.', code: 'invalid' },
    user_write_nobody: { string: "No user found and can't create new user.", code: 'invalid' },
    user_write_uninvited: { string: 'Invalid invite/invite not found', code: 'invalid' },
    user_write_failed: { string: 'Failed to update user. Please try again later.', code: 'invalid' },
  },
  effects: ['event', 'keep_session'],
  // A new password resets the attempts that were counted for the old password.
  renews: ['password'],
  // The stage creates accounts and changes credentials.
  grants: true,
  changes_credentials: replacesCredentials,
  alters_user: true,
  writes_data: true,
  // The deadline includes the time for hashing a password.
  deadline_ms: 10_000,
});

/**
 * Returns whether the stage would change the password of an existing user, or the email address that receives their
 * mailed links. Names and attributes are not credentials, and a new user has no credentials to replace.
 */
function replacesCredentials({ config, context: { prompt_data: data = {} }, user }: CredentialChange): boolean {
  if (!user || config['user_creation_mode'] === 'always_create') return false;
  const { password, email } = data;
  const changesPassword = typeof password === 'string' && password !== '';
  const isText = typeof email === 'string' || typeof email === 'number';
  return changesPassword || (isText && String(email) !== user.email);
}
