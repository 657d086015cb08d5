import { deny, pass, type StageOutcome } from '@gatehouse/contracts';
import { SourceConnectionRepository } from '@gatehouse/sources';
import type { ChallengeInput, Stage } from '@gatehouse/stage-kit';
import { Inject, Injectable } from '@nestjs/common';
import type { postSourceContract } from './post-source.contract.js';

type Contract = typeof postSourceContract;
type Input = ChallengeInput<Contract>;

/**
 * Connects the account at the source with the pending user. Denies if the user is not saved or not active, or if
 * another user has the account.
 */
@Injectable()
export class PostSourceStage implements Stage<Contract> {
  constructor(@Inject(SourceConnectionRepository) private readonly connections: SourceConnectionRepository) {}

  async challenge({ id, config, context }: Input): Promise<StageOutcome<Contract>> {
    const { pending_user: user } = context;
    const { source = context.source, connection = context['goauthentik.io/sources/connection'] } = config;
    if (user.kind !== 'saved' || !user.is_active) return deny();
    const outcome = await this.connections.connect(id, { ...connection, user: user.uuid });
    if (outcome === 'taken') return deny({ message: { code: 'post_source_taken', params: { source: source.name } } });
    if (outcome === 'kept') return pass();
    return pass({
      effects: [{ type: 'event', action: 'source_linked', context: { message: 'Linked Source', source } }],
    });
  }

  respond(input: Input) {
    return this.challenge(input);
  }
}
