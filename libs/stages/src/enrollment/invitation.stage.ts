import { deny, pass, type StageOutcome } from '@gatehouse/contracts';
import { InvitationRepository, invitationReference, type RedeemableInvitation } from '@gatehouse/directory';
import type { ChallengeInput, Stage } from '@gatehouse/stage-kit';
import { Inject, Injectable } from '@nestjs/common';
import { EnrollmentTransactions } from './enrollment-transaction.js';
import { mergeFixedData } from './fixed-data.js';
import { type invitationContract, REDEEM_LAST } from './invitation.contract.js';

type Contract = typeof invitationContract;
type Input = ChallengeInput<Contract>;

const TOKEN = /^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;

/**
 * Finds the visitor's invitation without a challenge. A later step redeems the invitation: the step that saves the
 * user, or a step at the end of a flow that saves no user (docs/adr/0024).
 */
@Injectable()
export class InvitationStage implements Stage<Contract> {
  constructor(
    @Inject(InvitationRepository) private readonly invitations: InvitationRepository,
    @Inject(EnrollmentTransactions) private readonly transactions: EnrollmentTransactions,
  ) {}

  async challenge(input: Input): Promise<StageOutcome<Contract>> {
    if (input.config.redeems) return this.redeem(input);
    const token = invitationToken(input);
    const invitation = token === undefined ? undefined : await this.invitations.findUsable(token, input.flow.id);
    if (invitation) return accepted(input, invitation);
    return input.config.continue_flow_without_invitation ? pass() : invalidInvitation();
  }

  respond(input: Input) {
    return this.challenge(input);
  }

  /** Redeems the invitation at the end of a flow that has saved no user. */
  private async redeem({ id, flow, context }: Input): Promise<StageOutcome<Contract>> {
    const { invitation_due: due } = context;
    if (due === undefined) return pass();
    return this.transactions.runOnce(id, async ({ invitations }) => {
      const redeemed = await invitations.redeem(due, flow.id);
      if (!redeemed) return invalidInvitation();
      return pass<Contract>({ context: { invitation_due: null }, effects: [invitationUsedEvent(due, redeemed)] });
    });
  }
}

/**
 * Returns the event of a redeemed invitation. The event does not contain the pk, because anyone who knows the pk of an
 * invitation for several uses can enrol with it.
 */
export const invitationUsedEvent = (pk: string, { name }: Pick<RedeemableInvitation, 'name'>) => ({
  type: 'event' as const,
  action: 'invitation_used' as const,
  context: { name, reference: invitationReference(pk) },
});

const invalidInvitation = () => deny<Contract>({ message: { code: 'invitation_invalid' } });

/**
 * Returns the token of the invitation that the plan has accepted, otherwise the token in the query, otherwise the token
 * that the visitor has entered.
 */
function invitationToken({ query, context }: Input): string | undefined {
  const token = context.invitation_due ?? query['itoken'] ?? query['token'] ?? context.prompt_data?.['token'];
  return typeof token === 'string' && TOKEN.test(token) ? token : undefined;
}

function accepted({ context }: Input, { pk, name, fixed_data }: RedeemableInvitation): StageOutcome<Contract> {
  // A restart may keep the merged data. Another merge would add the fixed items to its lists again.
  const isMerged = context.invitation_due === pk;
  const { data, locked } = mergeFixedData(context.prompt_data ?? {}, isMerged ? {} : fixed_data);
  return pass<Contract>({
    context: {
      ...{ invitation: { uuid: pk, name }, invitation_in_effect: true, invitation_due: pk, prompt_data: data },
      prompt_locked: [...new Set([...(context.prompt_locked ?? []), ...locked])],
    },
    insert: REDEEM_LAST,
  });
}
