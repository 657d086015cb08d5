import { char, choice, defineStage } from '@gatehouse/contracts';
import { z } from 'zod';

/**
 * Contract of the message stage. Blueprints cannot bind this stage; a login through a source inserts it
 * (docs/spec/sources.md#added-steps).
 */
export const messageContract = defineStage({
  kind: 'message',
  component: undefined,
  model: undefined,
  service: 'session',
  preview: {},
  acts: false,
  config: z.object({
    message: char({ maxLength: 1000 }),
    /** Values of the placeholders in the message. */
    params: z.record(z.string(), z.string()).exactOptional(),
    level: choice(['success', 'info', 'warning', 'error']).default('success'),
  }),
  challenge: z.object({}),
  response: z.object({}),
  state: z.object({}),
  effects: ['toast'],
});
