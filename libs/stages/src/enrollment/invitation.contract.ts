import { boolean, defineStage } from '@gatehouse/contracts';
import { z } from 'zod';

/** Lets in whoever was invited, with what the invitation fixed (02-stages §14). */
export const invitationContract = defineStage({
  kind: 'invitation',
  component: undefined,
  model: 'authentik_stages_invitation.invitationstage',
  service: 'enrollment',
  config: z.object({ continue_flow_without_invitation: boolean().default(false) }),
  challenge: z.object({}),
  response: z.object({}),
  state: z.object({}),
  reads: { prompt_data: 'optional', prompt_locked: 'optional' },
  writes: ['prompt_data', 'prompt_locked', 'invitation', 'invitation_in_effect'],
  errors: { invitation_invalid: { string: 'Invalid invite/invite not found', code: 'invalid' } },
  effects: ['event'],
  writes_data: true,
});
