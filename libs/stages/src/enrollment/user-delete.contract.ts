import { defineStage } from '@gatehouse/contracts';
import { z } from 'zod';

/** Contract of the user delete stage, which deletes the pending or logged-in user (docs/spec/stages.md#user-delete). */
export const userDeleteContract = defineStage({
  kind: 'user_delete',
  component: undefined,
  model: 'authentik_stages_user_delete.userdeletestage',
  service: 'enrollment',
  config: z.object({}),
  challenge: z.object({}),
  response: z.object({}),
  state: z.object({}),
  reads: { pending_user: 'optional' },
  writes: ['pending_user'],
  errors: {
    user_delete_nobody: { string: 'No Pending User.', code: 'invalid' },
    user_delete_failed: { string: 'Failed to update user. Please try again later.', code: 'invalid' },
  },
  effects: ['logout', 'end_sessions', 'event', 'toast'],
  grants: true,
  changes_credentials: () => true,
  alters_user: true,
  writes_data: true,
});
