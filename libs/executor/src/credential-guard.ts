import { type Insert, Problem, type SavedUser, type StageContract, sentence } from '@gatehouse/contracts';
import { isComparisonUnproved, isProofMissing, isProved, nextProofStep, type Step } from '@gatehouse/plan';
import { isUnprovedLogin, requestedProof } from './authentication-guard.js';
import type { FlowRunView } from './flow-run.js';
import type { StageContractRegistry } from './ports/clients.js';
import { flowUserOf } from './stage-request.js';

const NO_CHANGE = sentence('An API token cannot set up or change credentials. Log in first.');
const NO_LOGIN = sentence('An API token cannot log a user in.');
/** Message when an API token is used to authorize a device. */
export const NO_AUTHORIZATION = sentence('An API token cannot authorize a device. Log in first.');
/** Message when the login is too old and every proof step was inserted already. */
export const LOG_IN_AGAIN = sentence('Log out, log in again, and come back.');

type GuardedRun = Pick<FlowRunView, 'context' | 'plan' | 'session'>;

/**
 * Makes steps that set up, change or compare credentials require a recent proof of their user, in every flow
 * (docs/adr/0037).
 */
export class CredentialGuard {
  constructor(private readonly contracts: StageContractRegistry) {}

  /**
   * Returns the proof step (see `StageContractRegistry.proofSteps`) that must run before `step`; `undefined` if `step`
   * may run now. Throws `proof_required` if all proof steps were inserted already. For a request with an API token,
   * also throws it if `step` authorizes a device, or if `step` logs in or changes credentials and the plan has no proof
   * of its user. A step that logs in needs the proofs that the query of the plan asks for.
   */
  proofBefore(run: GuardedRun, step: Step): Insert | undefined {
    return this.proofOfChange(run, step) ?? requestedProof(run, step, this.contracts);
  }

  /**
   * Whether the step is to be skipped: it would repeat the visitor's login without any proof, or it logs in while the
   * plan switches the browser to another user's session.
   */
  skips(run: GuardedRun, step: Step): boolean {
    const isSwitch = run.plan.user_switch?.action === 'switch';
    if (!isSwitch) return isUnprovedLogin(run, step, this.contracts);
    return this.contracts.find(step.kind, run.context.version)?.effects.includes('login') === true;
  }

  private proofOfChange(run: GuardedRun, step: Step): Insert | undefined {
    const { plan, context } = run;
    const contract = this.contracts.find(step.kind, context.version);
    const user = flowUserOf(run);
    if (!contract) return undefined;
    if (isByToken(run)) refuseAuthorization(contract);
    if (user && isProved(plan, user.uuid)) return undefined;
    const changes = contract.changes_credentials?.({ config: step.config, context: plan.context, user }) ?? false;
    const compares = contract.compares_credentials?.(step.config) ?? false;
    if (isByToken(run)) refuseToken(contract, changes || compares);
    if (!lacksProof(run, user, { changes, compares })) return undefined;
    const insert = nextProofStep(plan, step, this.contracts.proofSteps());
    if (!insert) throw new Problem('proof_required', { detail: LOG_IN_AGAIN });
    return insert;
  }
}

/** Whether a proof is missing for a step that changes or compares credentials. */
const lacksProof = (
  { plan, session }: GuardedRun,
  user: SavedUser | undefined,
  { changes, compares }: { readonly changes: boolean; readonly compares: boolean },
): boolean => (changes && isProofMissing(plan, user, session)) || (compares && isComparisonUnproved(plan, session));

/**
 * Throws `proof_required` if the step authorizes a device. Called for requests with an API token, because the device's
 * access would outlive the token.
 */
function refuseAuthorization({ effects, requires_session }: StageContract) {
  if (requires_session || effects.includes('authorize'))
    throw new Problem('proof_required', { detail: NO_AUTHORIZATION });
}

function refuseToken({ effects }: StageContract, changes: boolean) {
  if (changes) throw new Problem('proof_required', { detail: NO_CHANGE });
  if (effects.includes('login')) throw new Problem('proof_required', { detail: NO_LOGIN });
}

const isByToken = ({ context }: GuardedRun) => context.request.authenticate !== undefined;
