import { defineStage, POST_LOGOUT_REDIRECT, redirectTarget, SESSION_END_KIND } from '@gatehouse/contracts';
import { z } from 'zod';

/**
 * Contract of the stage that ends the logout of an application. Blueprints cannot bind it; the end-session endpoint
 * appends it (docs/spec/stages.md#session-end).
 */
export const sessionEndContract = defineStage({
  kind: SESSION_END_KIND,
  component: 'ak-stage-session-end',
  model: undefined,
  api_version: '2026.8',
  service: 'session',
  preview: {},
  acts: false,
  user_info: true,
  config: z.object({
    application_launch_url: redirectTarget().optional(),
    invalidation_flow_url: redirectTarget().optional(),
  }),
  challenge: z
    .object({
      brand_name: z.string(),
      application_name: z.string().optional(),
      application_launch_url: redirectTarget().optional(),
      invalidation_flow_url: redirectTarget().optional(),
      overview_url: redirectTarget().optional(),
    })
    .meta({
      id: 'SessionEndChallenge',
      description: 'The visitor has left an application, and may log out of all applications.',
    }),
  response: z
    .object({})
    .meta({ id: 'SessionEndChallengeResponseRequest', description: 'Shows the challenge again. Has no fields.' }),
  state: z.object({}),
  reads: { application: 'optional', [POST_LOGOUT_REDIRECT]: 'optional' },
  writes: ['redirect'],
});
