import { deny, pass, type StageOutcome } from '@gatehouse/contracts';
import { SourceConnectionRepository } from '@gatehouse/sources';
import type { ChallengeInput, Stage } from '@gatehouse/stage-kit';
import { Inject, Injectable } from '@nestjs/common';
import type { groupUpdateContract } from './group-update.contract.js';

type Contract = typeof groupUpdateContract;
type Input = ChallengeInput<Contract>;

/** Updates the group memberships of the pending user without a challenge, in one transaction. */
@Injectable()
export class GroupUpdateStage implements Stage<Contract> {
  constructor(@Inject(SourceConnectionRepository) private readonly connections: SourceConnectionRepository) {}

  async challenge({ id, config, context }: Input): Promise<StageOutcome<Contract>> {
    const { pending_user: user, source, source_groups: groups = {} } = context;
    if (user.kind !== 'saved' || !user.is_active) return deny();
    // The groups of another source must not be matched in the mode of this source.
    if ((config.source ?? source.uuid) !== source.uuid) return pass();
    const membership = { source: source.uuid, user: user.uuid, matching: config.matching, groups };
    const isUpdated = await this.connections.syncGroups(id, membership);
    return isUpdated ? pass() : deny({ message: { code: 'group_update_refused' } });
  }

  respond(input: Input) {
    return this.challenge(input);
  }
}
