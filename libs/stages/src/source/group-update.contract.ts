import { choice, defineStage, GROUP_MATCHING } from '@gatehouse/contracts';
import { z } from 'zod';

/**
 * Contract of the group update stage, which synchronises the user's groups with the groups that a source reports. A
 * login through a source inserts this stage (docs/spec/sources.md#added-steps).
 */
export const groupUpdateContract = defineStage({
  kind: 'group_update',
  component: undefined,
  model: undefined,
  service: 'identification',
  // `source` is the source to which the mode `matching` belongs. Steps of the previous version have no `source`.
  config: z.object({ matching: choice(GROUP_MATCHING).default('identifier'), source: z.uuid().optional() }),
  challenge: z.object({}),
  response: z.object({}),
  state: z.object({}),
  reads: { pending_user: 'required', source: 'required', source_groups: 'optional' },
  errors: {
    group_update_refused: { string: 'Failed to update groups. Please try again later.', code: 'invalid' },
  },
  // Group membership grants access.
  grants: true,
  writes_data: true,
});
