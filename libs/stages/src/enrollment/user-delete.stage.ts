import { deny, pass, type SavedUser, type StageOutcome, sentence, toast } from '@gatehouse/contracts';
import type { ChallengeInput, Stage } from '@gatehouse/stage-kit';
import { Inject, Injectable } from '@nestjs/common';
import { EnrollmentTransactions, InvalidUserDataError } from './enrollment-transaction.js';
import type { userDeleteContract } from './user-delete.contract.js';

type Contract = typeof userDeleteContract;

/**
 * Deletes the pending user, or without one the logged-in user, without a challenge. A flow that asks for confirmation
 * needs another step before this one.
 */
@Injectable()
export class UserDeleteStage implements Stage<Contract> {
  constructor(@Inject(EnrollmentTransactions) private readonly transactions: EnrollmentTransactions) {}

  async challenge({ id, context, session }: ChallengeInput<Contract>): Promise<StageOutcome<Contract>> {
    const user = context.pending_user ?? session.user;
    if (user?.kind !== 'saved') return noUser();
    try {
      return await this.transactions.runOnce(id, async ({ accounts }) =>
        (await accounts.remove(user.uuid)) ? deleted(user) : noUser(),
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

const noUser = () =>
  deny<Contract>({
    message: { code: 'user_delete_nobody' },
    effects: [toast('error', sentence('No Pending User.'))],
  });

function deleted({ uuid, pk, username }: SavedUser): StageOutcome<Contract> {
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
