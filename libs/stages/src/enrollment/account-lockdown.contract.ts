import { boolean, defineStage, reference } from '@gatehouse/contracts';
import { z } from 'zod';

/**
 * Contract of the account lockdown stage, which takes all access away from the pending user, otherwise from the
 * logged-in user (docs/spec/stages.md#account-lockdown).
 */
export const accountLockdownContract = defineStage({
  kind: 'account_lockdown',
  component: undefined,
  model: 'authentik_stages_account_lockdown.accountlockdownstage',
  service: 'enrollment',
  api_version: '2026.8',
  config: z.object({
    deactivate_user: boolean().default(true).describe('Whether the user becomes inactive.'),
    set_unusable_password: boolean().default(true).describe('Whether the password of the user stops working.'),
    delete_sessions: boolean().default(true).describe('Whether all sessions of the user end.'),
    revoke_tokens: boolean()
      .default(true)
      .describe('Whether all tokens of the user are deleted. That ends the sessions too.'),
    self_service_completion_flow: reference('flow').describe(
      'Flow that users see after they have locked their own account.',
    ),
  }),
  challenge: z.object({}),
  response: z.object({}),
  state: z.object({}),
  reads: { pending_user: 'optional', prompt_data: 'optional', lockdown_reason: 'optional' },
  writes: ['pending_user'],
  changes_user: true,
  errors: {
    account_lockdown_nobody: { string: 'No target user specified for account lockdown', code: 'invalid' },
    account_lockdown_forbidden: { string: 'You do not have permission to lock down this account.', code: 'invalid' },
    account_lockdown_unfinished: {
      string: 'Self-service account lockdown requires a completion flow.',
      code: 'invalid',
    },
    account_lockdown_failed: { string: 'Account lockdown failed for this account.', code: 'invalid' },
  },
  effects: ['logout', 'end_sessions', 'keep_session', 'event'],
  // After a user's own lockdown the stage inserts a redirect to the completion flow.
  inserts: ['redirect'],
  grants: true,
  requires_session: true,
  alters_user: true,
  writes_data: true,
});
