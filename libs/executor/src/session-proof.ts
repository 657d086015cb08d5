import {
  type PlanContext,
  provedDevices,
  type SavedUser,
  type StageContract,
  type StageReply,
  verifiedDevices,
} from '@gatehouse/contracts';
import type { Plan, Step } from '@gatehouse/plan';
import type { SessionProof } from './plan-commit.js';
import type { SessionState } from './session-state.js';

/** The parts of a run that `sessionProof` reads. */
interface ProofRun {
  readonly context: { readonly request: { readonly authenticate?: unknown } };
  readonly changes: { readonly planBefore: Plan; readonly confirmedUser: string | undefined };
  readonly facts: PlanContext;
  readonly session: SessionState;
}

/**
 * Returns the proofs that the run adds to the session of its user; `undefined` if there are none, and for a request
 * with an API token. Mailed links and logins at a source are weaker than devices, so they count in their plan only.
 */
export function sessionProof({ context, changes, facts, session }: ProofRun): SessionProof | undefined {
  const user = facts.pending_user ?? session.sessionUser;
  if (context.request.authenticate || user?.kind !== 'saved' || !isUserOf(session, user)) return undefined;
  const known = new Set(provedDevices(changes.planBefore.context));
  const devices = provedDevices(facts).filter((pk) => !known.has(pk));
  const isVerified = changes.confirmedUser === user.uuid || verifiedDevices(facts).some((pk) => !known.has(pk));
  return devices.length > 0 || isVerified ? { user: user.uuid, devices, isVerified } : undefined;
}

const isUserOf = ({ sessionUser }: SessionState, { uuid }: SavedUser) =>
  sessionUser?.kind === 'saved' && sessionUser.uuid === uuid;

/**
 * Returns the uuid of the user whom an inserted proof step has verified; else `undefined`. A password step of the flow
 * itself does not count, because `CredentialGuard` requires a device from a user who has one.
 */
export function confirmedUser(
  { id, stage }: Step,
  contract: StageContract | undefined,
  { type, context }: StageReply,
): string | undefined {
  const isInserted = stage === id;
  if (type !== 'passed' || !isInserted || !contract?.proof_step) return undefined;
  return (context as PlanContext | undefined)?.verified_user;
}
