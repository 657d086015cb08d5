import { char, defineStage } from '@gatehouse/contracts';
import { z } from 'zod';

/** Contract of the deny stage, which ends the flow (docs/spec/stages.md#deny). */
export const denyContract = defineStage({
  kind: 'deny',
  component: undefined,
  model: 'authentik_stages_deny.denystage',
  service: 'session',
  preview: {},
  acts: false,
  ends: true,
  config: z.object({
    deny_message: char({ allowBlank: true }).default('').describe('Message to the visitor. Empty: a general one.'),
  }),
  challenge: z.object({}),
  response: z.object({}),
  state: z.object({}),
  reads: { deny_message: 'optional' },
});
