import { deny, pass, type SavedUser, type StageOutcome } from '@gatehouse/contracts';
import type { ChallengeInput, Stage } from '@gatehouse/stage-kit';
import { Inject, Injectable } from '@nestjs/common';
import { Enrolments, InvalidUserDataError } from './enrolments.js';
import type { userDeleteContract } from './user-delete.contract.js';

type Contract = typeof userDeleteContract;

/** Removes a user without asking; what should be asked before is another step's. */
@Injectable()
export class UserDeleteStage implements Stage<Contract> {
  constructor(@Inject(Enrolments) private readonly enrolments: Enrolments) {}

  async challenge({ id, context, session }: ChallengeInput<Contract>): Promise<StageOutcome<Contract>> {
    const user = context.pending_user ?? session.user;
    if (user?.kind !== 'saved') return noUser();
    try {
      return await this.enrolments.once(id, async ({ accounts }) =>
        (await accounts.remove(user.uuid)) ? removed(user) : noUser(),
      );
    } catch (error) {
      if (error instanceof InvalidUserDataError) return deny<Contract>({ message: { code: 'user_delete_failed' } });
      throw error;
    }
  }

  respond(input: ChallengeInput<Contract>) {
    return this.challenge(input);
  }
}

const noUser = () => deny<Contract>({ message: { code: 'user_delete_nobody' } });

function removed({ uuid, pk, username }: SavedUser): StageOutcome<Contract> {
  const model = { app: 'authentik_core', model_name: 'user', pk, name: username };
  return pass<Contract>({
    context: { pending_user: null },
    effects: [
      { type: 'logout' },
      { type: 'end_sessions', user: uuid },
      { type: 'event', action: 'model_deleted', context: { model } },
    ],
  });
}
