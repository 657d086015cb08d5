import { defineStage } from '@gatehouse/contracts';
import { z } from 'zod';

/**
 * Contract of the post source stage, which connects an account at a source with the pending user. A login through a
 * source inserts this stage (docs/spec/sources.md#added-steps).
 */
export const postSourceContract = defineStage({
  kind: 'post_source',
  component: undefined,
  model: undefined,
  service: 'identification',
  config: z.object({}),
  challenge: z.object({}),
  response: z.object({}),
  state: z.object({}),
  reads: { pending_user: 'required', source: 'required', 'goauthentik.io/sources/connection': 'required' },
  errors: {
    post_source_taken: { string: 'This account of {source} is connected with another user.', code: 'invalid' },
  },
  effects: ['event'],
  // Whoever controls the connected account can log in as the user.
  grants: true,
  changes_credentials: () => true,
  writes_data: true,
});
