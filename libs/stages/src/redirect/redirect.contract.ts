import { defineStage, redirectChallenge, redirectTarget } from '@gatehouse/contracts';
import { z } from 'zod';

/**
 * Leads elsewhere and goes no further; added by policies and by whoever plans a flow (docs/spec/stages.md#redirect).
 */
export const redirectContract = defineStage({
  kind: 'redirect',
  component: 'xak-flow-redirect',
  model: undefined,
  service: 'session',
  acts: false,
  config: z.object({ to: redirectTarget().default('/') }),
  challenge: redirectChallenge,
  response: z.object({}),
  state: z.object({}),
});
