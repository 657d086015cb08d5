import { defineStage } from '@gatehouse/contracts';
import { z } from 'zod';

/**
 * Keeps that somebody of a source is the user whom the flow is about (docs/spec/sources.md#added-steps); added by a
 * login by a source.
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
  // Whoever is connected can log in.
  grants: true,
  changes_credentials: () => true,
  writes_data: true,
});
