import { defineStage, planContext } from '@gatehouse/contracts';
import { z } from 'zod';

const { source, 'goauthentik.io/sources/connection': connection } = planContext.shape;

/**
 * Contract of the post source stage, which connects an account at a source with the pending user. A login through a
 * source inserts this stage (docs/spec/sources.md#added-steps).
 */
export const postSourceContract = defineStage({
  kind: 'post_source',
  component: undefined,
  model: undefined,
  service: 'identification',
  // A login that continues a plan sets these fields, because the context of the plan may keep the values of the login
  // that began it.
  config: z.object({ source, connection }),
  challenge: z.object({}),
  response: z.object({}),
  state: z.object({}),
  reads: { pending_user: 'required', source: 'required', 'goauthentik.io/sources/connection': 'required' },
  errors: {
    post_source_taken: { string: 'This account of {source} is connected with another user.', code: 'invalid' },
  },
  effects: ['event'],
  // From now on, the connected account can log in as the user.
  grants: true,
  changes_credentials: () => true,
  writes_data: true,
});
