import { type Config, deny, firstCharacters, pass, type SavedUser, type StageOutcome } from '@gatehouse/contracts';
import type { ChallengeInput, Stage } from '@gatehouse/stage-kit';
import { Inject, Injectable } from '@nestjs/common';
import type { accountLockdownContract } from './account-lockdown.contract.js';
import { EnrollmentTransactions, InvalidUserDataError } from './enrollment-transaction.js';

type Contract = typeof accountLockdownContract;
type Input = ChallengeInput<Contract>;

/** Largest length of the reason in the event, in characters. */
const MAX_REASON = 1024;

/**
 * The stored result of a lockdown. It contains nothing that the visitor has entered, such as the reason
 * (docs/spec/storage.md#once).
 */
type Lockdown = { readonly user: SavedUser } | { readonly refusal: keyof Contract['errors'] };

/** Takes all access away from a user, without a challenge. An earlier prompt of the flow asks for the reason. */
@Injectable()
export class AccountLockdownStage implements Stage<Contract> {
  constructor(@Inject(EnrollmentTransactions) private readonly transactions: EnrollmentTransactions) {}

  async challenge(input: Input): Promise<StageOutcome<Contract>> {
    const { config, context, session } = input;
    const target = context.pending_user ?? session.user;
    if (target?.kind !== 'saved') return refused('account_lockdown_nobody');
    const actor = session.user?.kind === 'saved' ? session.user : undefined;
    if (!actor) return refused('account_lockdown_forbidden');
    const isOwn = actor.uuid === target.uuid;
    if (isOwn && config.delete_sessions && !config.self_service_completion_flow)
      return refused('account_lockdown_unfinished');
    try {
      const done = await this.transactions.runOnce(input.id, async ({ accounts }): Promise<Lockdown> => {
        if (!isOwn && !(await accounts.isSuperuser(actor.uuid))) return { refusal: 'account_lockdown_forbidden' };
        const user = await accounts.lockDown(target.uuid, lockdownOf(config));
        return user ? { user } : { refusal: 'account_lockdown_nobody' };
      });
      return 'user' in done ? lockedDown(input, done.user, isOwn) : refused(done.refusal);
    } catch (error) {
      if (error instanceof InvalidUserDataError) return refused('account_lockdown_failed');
      throw error;
    }
  }

  respond(input: Input) {
    return this.challenge(input);
  }
}

const refused = (code: keyof Contract['errors']) => deny<Contract>({ message: { code } });

const lockdownOf = (config: Config<Contract>) => ({
  deactivate: config.deactivate_user,
  unusablePassword: config.set_unusable_password,
  endSessions: config.delete_sessions,
  deleteTokens: config.revoke_tokens,
});

/**
 * Returns the outcome of a lockdown. Users who have locked their own account lose this session too, and are redirected
 * to the completion flow.
 */
function lockedDown(input: Input, user: SavedUser, isOwn: boolean): StageOutcome<Contract> {
  const { config, context } = input;
  const events = eventsOf(input, user, isOwn);
  const ends = config.delete_sessions ? [{ type: 'end_sessions' as const, user: user.uuid }] : [];
  if (!isOwn || !config.delete_sessions) {
    const keeps = isOwn ? [{ type: 'keep_session' as const, user_epoch: user.epoch }] : [];
    return pass<Contract>({
      ...(context.pending_user && { context: { pending_user: user } }),
      effects: [...ends, ...keeps, ...events],
    });
  }
  const to = `/if/flow/${config.self_service_completion_flow}/`;
  return pass<Contract>({
    context: { pending_user: null },
    effects: [{ type: 'logout' }, ...ends, ...events],
    insert: { where: 'next', steps: [{ kind: 'redirect', config: { to } }] },
  });
}

/** Returns the events of a lockdown: one for the user, and one for each kind of access that was removed. */
function eventsOf({ config, context }: Input, { uuid, pk, username }: SavedUser, own: boolean) {
  const about = { type: 'event' as const, user: uuid };
  const endsSessions = config.set_unusable_password || config.delete_sessions || config.revoke_tokens;
  const written = {
    ...{ created: false, action_id: 'account_lockdown', reason: reasonOf(context) },
    ...(config.deactivate_user && { is_active: false }),
    affected_user: { pk, username },
  };
  return [
    { ...about, action: 'user_write' as const, context: written },
    ...(config.set_unusable_password
      ? [{ ...about, action: 'password_set' as const, context: { unusable: true } }]
      : []),
    ...(endsSessions
      ? [{ ...about, action: 'session_ended' as const, context: { own, reason: 'account_lockdown' as const } }]
      : []),
  ];
}

/**
 * Returns the reason why the account is locked: the text that the visitor has entered, otherwise the text that a policy
 * has set.
 */
function reasonOf({ prompt_data = {}, lockdown_reason = '' }: Input['context']): string {
  const entered = prompt_data['lockdown_reason'];
  const reason = typeof entered === 'string' && entered !== '' ? entered : lockdown_reason;
  return firstCharacters(reason, MAX_REASON);
}
