import { deny, pass, type StageOutcome } from '@gatehouse/contracts';
import { InvitationRepository, type RedeemableInvitation } from '@gatehouse/directory';
import type { ChallengeInput, Stage } from '@gatehouse/stage-kit';
import { Inject, Injectable } from '@nestjs/common';
import { Enrolments } from './enrolments.js';
import { mergeFixedData } from './fixed-data.js';
import type { invitationContract } from './invitation.contract.js';
import { invitationUsedEvent } from './invitation-used.js';

type Contract = typeof invitationContract;
type Input = ChallengeInput<Contract>;

const TOKEN = /^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;

/** Looks for an invitation, without asking. It is used up by what somebody gets by it, not by a look (docs/adr/0024). */
@Injectable()
export class InvitationStage implements Stage<Contract> {
  constructor(
    @Inject(InvitationRepository) private readonly invitations: InvitationRepository,
    @Inject(Enrolments) private readonly enrolments: Enrolments,
  ) {}

  async challenge(input: Input): Promise<StageOutcome<Contract>> {
    if (input.config.redeems) return this.redeemed(input);
    const token = tokenIn(input);
    const invitation = token === undefined ? undefined : await this.invitations.findUsable(token, input.flow.id);
    if (invitation) return accepted(input, invitation);
    return input.config.continue_flow_without_invitation ? pass() : uninvited();
  }

  respond(input: Input) {
    return this.challenge(input);
  }

  /** At the end of a flow that wrote nobody. */
  private async redeemed({ id, flow, context }: Input): Promise<StageOutcome<Contract>> {
    const { invitation_due: due } = context;
    if (due === undefined) return pass();
    return this.enrolments.once(id, async ({ invitations }) =>
      (await invitations.redeem(due, flow.id))
        ? pass<Contract>({ context: { invitation_due: null }, effects: [invitationUsedEvent(due)] })
        : uninvited(),
    );
  }
}

const uninvited = () => deny<Contract>({ message: { code: 'invitation_invalid' } });

/** The one by which something was fixed already and which is still due; else what came with the address, else what was typed. */
function tokenIn({ query, context }: Input): string | undefined {
  const given = context.invitation_due ?? query['itoken'] ?? query['token'] ?? context.prompt_data?.['token'];
  return typeof given === 'string' && TOKEN.test(given) ? given : undefined;
}

function accepted({ context }: Input, { pk, name, fixed_data }: RedeemableInvitation): StageOutcome<Contract> {
  const { data, locked } = mergeFixedData(context.prompt_data ?? {}, fixed_data);
  return pass<Contract>({
    context: {
      ...{ invitation: { uuid: pk, name }, invitation_in_effect: true, invitation_due: pk, prompt_data: data },
      prompt_locked: [...new Set([...(context.prompt_locked ?? []), ...locked])],
    },
    insert: { where: 'last', steps: [{ kind: 'invitation', config: { redeems: true } }] },
  });
}
