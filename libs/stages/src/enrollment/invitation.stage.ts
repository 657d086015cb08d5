import { deny, pass, type StageOutcome } from '@gatehouse/contracts';
import { type Invitation, Invitations } from '@gatehouse/directory';
import type { ChallengeInput, Stage } from '@gatehouse/stage-kit';
import { Inject, Injectable } from '@nestjs/common';
import { withFixed } from './fixed-data.js';
import type { invitationContract } from './invitation.contract.js';

type Contract = typeof invitationContract;
type Input = ChallengeInput<Contract>;

const TOKEN = /^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;

/** Looks for an invitation, without asking. One for a single use is from then on for this run of the flow alone. */
@Injectable()
export class InvitationStage implements Stage<Contract> {
  constructor(@Inject(Invitations) private readonly invitations: Invitations) {}

  async challenge(input: Input): Promise<StageOutcome<Contract>> {
    const token = tokenIn(input);
    const claim = { flow: input.flow.id, by: runOf(input) };
    const invitation = token === undefined ? undefined : await this.invitations.claim(token, claim);
    if (invitation) return accepted(input, invitation);
    if (input.config.continue_flow_without_invitation) return pass();
    return deny({ message: { code: 'invitation_invalid' } });
  }

  respond(input: Input) {
    return this.challenge(input);
  }
}

/** The plan that asks: a flow that starts over, or whose reply got lost, goes on with what it has. */
const runOf = ({ id }: Input) => id.slice(0, id.indexOf('.'));

/** What came with the address, else what was typed. */
function tokenIn({ query, context }: Input): string | undefined {
  const given = query['itoken'] ?? query['token'] ?? context.prompt_data?.['token'];
  return typeof given === 'string' && TOKEN.test(given) ? given : undefined;
}

function accepted({ context }: Input, { pk, name, fixed_data }: Invitation): StageOutcome<Contract> {
  const { data, locked } = withFixed(context.prompt_data ?? {}, fixed_data);
  return pass<Contract>({
    context: {
      ...{ invitation: { uuid: pk, name }, invitation_in_effect: true, prompt_data: data },
      prompt_locked: [...new Set([...(context.prompt_locked ?? []), ...locked])],
    },
    effects: [{ type: 'event', action: 'invitation_used', context: { invitation_uuid: pk.replaceAll('-', '') } }],
  });
}
