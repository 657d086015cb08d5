import {
  boolean,
  char,
  choice,
  defineStage,
  integer,
  MAX_PASSWORD,
  redirectTarget,
  reference,
  secret,
  withNewerValues,
} from '@gatehouse/contracts';
import { z } from 'zod';

/** Password backends, by the names that blueprints use (docs/spec/stages.md#password-backends). */
export const BACKENDS = [
  'authentik.core.auth.InbuiltBackend',
  'authentik.core.auth.TokenBackend',
  'authentik.sources.ldap.auth.LDAPBackend',
  'authentik.sources.kerberos.auth.KerberosBackend',
] as const;

/** Backends of sources that Gatehouse does not support. A password stage accepts their names, but never asks them. */
const UNASKED_BACKENDS: readonly unknown[] = BACKENDS.slice(2);

/** Backends that authentik has had since 2026.8. */
const NEWER_BACKENDS = ['authentik.sources.kerberos.auth.KerberosBackend'];

/** Contract of the password stage, which checks the pending user's password (docs/spec/stages.md#password). */
export const passwordContract = defineStage({
  kind: 'password',
  component: 'ak-stage-password',
  model: 'authentik_stages_password.passwordstage',
  service: 'password',
  preview: {},
  acts: false,
  proves: () => ({ factor: 'first', if_missing: 'refused' }),
  user_info: true,
  ignores: ({ backends }) => {
    const unasked = Array.isArray(backends) ? backends.filter((backend) => UNASKED_BACKENDS.includes(backend)) : [];
    if (unasked.length === 0) return {};
    const effect =
      unasked.length === (backends as unknown[]).length
        ? 'so the stage refuses every password. Add authentik.core.auth.InbuiltBackend'
        : 'so only the other backends accept passwords';
    return { backends: `Gatehouse never asks ${unasked.join(' and ')}, ${effect}` };
  },
  config: z.object({
    backends: z
      .array(withNewerValues(choice(BACKENDS), NEWER_BACKENDS))
      .refine(({ length }) => length > 0, { params: { message: { code: 'empty_list' } } })
      .describe('Backends that check passwords.'),
    configure_flow: reference('flow').describe('Flow in which users change their password.'),
    failed_attempts_before_cancel: integer()
      .default(5)
      .describe('Number of wrong passwords after which the flow is denied.'),
    allow_show_password: boolean().default(false).describe('Whether the page can show the entered password.'),
    /**
     * What happens if the logged-in user has no password. `ask` asks for a password anyway, which prevents enumeration.
     * `deny` denies with a message.
     */
    without_password: choice(['ask', 'deny']).default('ask').describe('What happens to users without a password.'),
  }),
  challenge: z
    .object({ recovery_url: redirectTarget().optional(), allow_show_password: z.boolean().default(false) })
    .meta({ id: 'PasswordChallenge', description: "Asks for the pending user's password." }),
  response: z
    .object({ password: secret(char({ trim: false, maxLength: MAX_PASSWORD })) })
    .meta({ id: 'PasswordChallengeResponseRequest', description: 'The entered password, unchanged.' }),
  state: z.object({ failures: z.int() }),
  reads: { pending_user: 'optional', auth_method: 'optional', auth_method_args: 'optional' },
  writes: ['pending_user', 'user_backend', 'auth_method', 'auth_method_args', 'verified_user'],
  // The proof step uses only the built-in backend. The other backend accepts app passwords, which are API tokens and
  // must not confirm the identity of a user.
  proof_step: { order: 2, factor: 'password', config: { backends: BACKENDS.slice(0, 1), without_password: 'deny' } },
  errors: {
    password_invalid: { string: 'Invalid password', code: 'invalid' },
    password_none: {
      string: 'You have no password to confirm this with. Log out, log in again, and come back.',
      code: 'invalid',
    },
  },
  effects: ['event', 'reputation'],
  attempts: [
    {
      when: 'password',
      credential: 'password',
      free: 5,
      hard: 50,
      refuse: { field: 'password', code: 'password_invalid' },
    },
  ],
  // Milliseconds that the stage may take for a response. This is enough for two hashes of the most expensive kind
  // under full load.
  deadline_ms: 10_000,
});
