import { choice, defineStage, GROUP_MATCHING } from '@gatehouse/contracts';
import { z } from 'zod';

/**
 * Makes the user a member of what a source says are their groups (docs/spec/sources.md#added-steps); added by a login
 * by a source.
 */
export const groupUpdateContract = defineStage({
  kind: 'group_update',
  component: undefined,
  model: undefined,
  service: 'identification',
  config: z.object({ matching: choice(GROUP_MATCHING).default('identifier') }),
  challenge: z.object({}),
  response: z.object({}),
  state: z.object({}),
  reads: { pending_user: 'required', source: 'required', source_groups: 'optional' },
  errors: {
    group_update_refused: { string: 'Failed to update groups. Please try again later.', code: 'invalid' },
  },
  // Groups open doors.
  grants: true,
  writes_data: true,
});
