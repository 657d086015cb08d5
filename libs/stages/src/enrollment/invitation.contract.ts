import { boolean, defineStage, type Errors, type Insert } from '@gatehouse/contracts';
import { z } from 'zod';

/** The step that redeems the invitation at the end of the plan. */
export const REDEEM_LAST: Insert = { where: 'last', steps: [{ kind: 'invitation', config: { redeems: true } }] };

/**
 * Contract of the invitation stage, which requires a valid invitation and applies its fixed data
 * (docs/spec/stages.md#invitation).
 */
export const invitationContract = defineStage({
  kind: 'invitation',
  component: undefined,
  model: 'authentik_stages_invitation.invitationstage',
  service: 'enrollment',
  config: z.object({
    continue_flow_without_invitation: boolean()
      .default(false)
      .describe('Whether visitors without an invitation continue.'),
    /**
     * Whether the stage itself has appended this step to the plan. The step redeems the invitation if no earlier step
     * has redeemed it.
     */
    redeems: boolean().default(false).describe('Set by the stage itself; leave it out.'),
  }),
  validate: rejectRedeems,
  challenge: z.object({}),
  response: z.object({}),
  state: z.object({}),
  reads: { prompt_data: 'optional', prompt_locked: 'optional', invitation_due: 'optional' },
  writes: ['prompt_data', 'prompt_locked', 'invitation', 'invitation_in_effect', 'invitation_due'],
  errors: { invitation_invalid: { string: 'Invalid invite/invite not found', code: 'invalid' } },
  effects: ['event'],
  inserts: ['invitation'],
  forecast: ({ redeems }) => (redeems === true ? {} : { inserts: [REDEEM_LAST] }),
  // Entering a step without `redeems` only finds the invitation, which changes nothing (docs/adr/0024).
  acts_on_entry: ({ redeems }) => redeems === true,
  writes_data: true,
});

/** Rejects `redeems` in a blueprint: only the stage itself sets it. */
function rejectRedeems({ redeems }: Readonly<Record<string, unknown>>): Errors {
  return redeems === undefined || redeems === false
    ? {}
    : { redeems: [{ text: 'Only the stage itself can set this.' }] };
}
