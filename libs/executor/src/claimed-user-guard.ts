import { Problem, type StageContract } from '@gatehouse/contracts';
import { type Step, type UserClaim, userClaim } from '@gatehouse/plan';
import type { FlowRunView } from './flow-run.js';
import type { StageContractRegistry } from './ports/clients.js';
import type { UserDirectory } from './ports/directory.js';
import { flowUserOf } from './stage-request.js';

const REASONS: Readonly<Record<UserClaim, string>> = {
  created: 'a stage says that it has created a superuser',
  named: 'a policy names a superuser, who has proved nothing',
  mail: 'a policy chose where the mail of a superuser goes, who has proved nothing else',
};

type GuardedRun = Pick<FlowRunView, 'context' | 'plan' | 'session'>;

/**
 * Protects superusers from compromised services. If a superuser became the plan's user only by the claim of a service
 * (`UserClaim`), without a proof, no step may log that user in, or change the user or the user's credentials
 * (docs/adr/0033).
 */
export class ClaimedUserGuard {
  constructor(
    private readonly contracts: StageContractRegistry,
    private readonly users: UserDirectory,
  ) {}

  /**
   * Throws `stage_fault` if the step must not run for the plan's user. Queries the directory only if this user became
   * the plan's user by the claim of a service, without a proof.
   */
  async check(run: GuardedRun, step: Step): Promise<void> {
    const { plan, context } = run;
    const contract = this.contracts.find(step.kind, context.version);
    const user = flowUserOf(run);
    const claim = user && userClaim(plan, user.uuid);
    if (!claim || !contract || !isGuarded(contract, { config: step.config, context: plan.context, user })) return;
    const directoryUser = await this.users.find(user.uuid);
    if (!directoryUser?.is_superuser || (claim === 'named' && directoryUser.awaits_setup)) return;
    throw new Problem('stage_fault', { detail: REASONS[claim] });
  }
}

type Change = Parameters<NonNullable<StageContract['changes_credentials']>>[0];

const isGuarded = ({ effects, alters_user, changes_credentials }: StageContract, change: Change): boolean =>
  effects.includes('login') || alters_user || changes_credentials?.(change) === true;
