import { boolean, defineStage, type Errors } from '@gatehouse/contracts';
import { z } from 'zod';

/** Lets in whoever was invited, with what the invitation fixed (docs/spec/stages.md#invitation). */
export const invitationContract = defineStage({
  kind: 'invitation',
  component: undefined,
  model: 'authentik_stages_invitation.invitationstage',
  service: 'enrollment',
  config: z.object({
    continue_flow_without_invitation: boolean().default(false),
    /** Of the step that it adds to the end of a plan: what nothing before has used is used up there. */
    redeems: boolean().default(false),
  }),
  validate: admitted,
  challenge: z.object({}),
  response: z.object({}),
  state: z.object({}),
  reads: { prompt_data: 'optional', prompt_locked: 'optional', invitation_due: 'optional' },
  writes: ['prompt_data', 'prompt_locked', 'invitation', 'invitation_in_effect', 'invitation_due'],
  errors: { invitation_invalid: { string: 'Invalid invite/invite not found', code: 'invalid' } },
  effects: ['event'],
  inserts: ['invitation'],
  // A look uses nothing up (docs/adr/0024).
  acts_on_entry: ({ redeems }) => redeems === true,
  writes_data: true,
});

/** No flow is written to use up what it has not asked for. */
function admitted({ redeems }: Readonly<Record<string, unknown>>): Errors {
  return redeems === undefined || redeems === false
    ? {}
    : { redeems: [{ text: 'This is for the stage itself to say.' }] };
}
