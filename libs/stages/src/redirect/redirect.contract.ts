import { defineStage, redirectChallenge, redirectTarget } from '@gatehouse/contracts';
import { z } from 'zod';

/**
 * Contract of the redirect stage, which sends the browser to a URL and never passes. Blueprints cannot bind this stage.
 * Policies and the account lockdown stage insert it (docs/spec/stages.md#redirect).
 */
export const redirectContract = defineStage({
  kind: 'redirect',
  component: 'xak-flow-redirect',
  model: undefined,
  service: 'session',
  preview: {},
  acts: false,
  forecast: () => ({ passes: false }),
  config: z.object({ to: redirectTarget().default('/') }),
  challenge: redirectChallenge,
  response: z.object({}),
  state: z.object({}),
});
