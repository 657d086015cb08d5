import type { SavedUser } from '@gatehouse/contracts';
import type { CancelledPlan, Identity, LoadedFlow, ObservedFlow, Session, StoredPlan } from '@gatehouse/executor';
import { type Plan, type PlanBody, planBody } from '@gatehouse/plan';
import { type Sealer, type SealId, UnknownSealKeyError, UnsealError, uuidV7 } from '@gatehouse/platform';
import { z } from 'zod';

/** A row that the statement `LOAD_FLOW` returns. */
export interface LoadedFlowRow {
  readonly flow_id: string;
  readonly current_version_id: string;
  readonly candidate_id: string | null;
  readonly candidate_share: number | null;
  readonly brands_revision: string | null;
  readonly retired: boolean | null;
  readonly session_id: string | null;
  readonly session_left_s: number | null;
  readonly unseen: boolean | null;
  readonly unanswered: boolean | null;
  readonly plan_id: string | null;
  readonly revision: number;
  readonly version_id: string;
  readonly body: Buffer;
  readonly outdated: boolean | null;
  readonly session_identity:
    | (Identity & {
        readonly last_ip: string | null;
        readonly proved: boolean | null;
        readonly recent: boolean | null;
        readonly devices: readonly number[] | null;
        readonly login_age: number | null;
        readonly methods_at: Readonly<Record<string, number>> | null;
        readonly read_at: number;
      })
    | null;
  readonly pending_identity: SavedUser | null;
}

/**
 * Returns the seal id of a plan's revision, to which the encryption of the row is bound (docs/spec/storage.md#sealing).
 */
export const planSealId = (id: string, revision: number): SealId => ({ table: 'flow.plans', id, revision });

/** Returns the seal id of the copy of a plan that a mailed link continues. The token's hash identifies the copy. */
export const resumeTokenSealId = (hash: Buffer): SealId => ({
  table: 'flow.resume_tokens',
  id: hash.toString('hex'),
  revision: 0,
});

/** The reference to a saved pending user in an encrypted plan. The user's other data is loaded with each request. */
const userReference = z.object({
  kind: z.literal('saved'),
  uuid: z.uuid(),
  epoch: z.int(),
  backend: z.string().optional(),
});

/** Returns the part of a plan that is encrypted: everything except the id, with a saved user reduced to a reference. */
export function planBodyOf({ id: _id, ...plan }: Plan): PlanBody {
  const { pending_user: user } = plan.context;
  if (user?.kind !== 'saved') return plan;
  const { kind, uuid, epoch, backend } = user;
  return { ...plan, context: { ...plan.context, pending_user: { kind, uuid, epoch, backend } } };
}

export function toLoadedFlow(row: LoadedFlowRow, sealer: Sealer): LoadedFlow {
  return {
    flowId: row.flow_id,
    currentVersionId: row.current_version_id,
    candidate:
      row.candidate_id && row.candidate_share ? { versionId: row.candidate_id, share: row.candidate_share } : undefined,
    newSessionId: uuidV7(),
    brandsRevision: row.brands_revision,
    session: row.session_id ? sessionOf(row, row.session_id) : undefined,
    stored: row.plan_id && !row.outdated ? storedPlan(row, row.plan_id, sealer) : undefined,
    planRow: row.plan_id ? { id: row.plan_id, revision: row.revision } : undefined,
  };
}

function sessionOf(row: LoadedFlowRow, id: string): Session {
  const session = { id, retired: row.retired === true, remainingS: row.session_left_s ?? undefined };
  if (!row.session_identity) return { user: undefined, isUnanswered: row.unanswered === true, ...session };
  const { last_ip, proved, recent, devices, login_age, methods_at, read_at, ...user } = row.session_identity;
  return {
    user,
    deviceProved: proved === true,
    recentlyProved: recent === true,
    provedDevices: devices ?? [],
    loginAgeS: login_age ?? undefined,
    methodAges: Object.fromEntries(Object.entries(methods_at ?? {}).map(([method, at]) => [method, read_at - at])),
    lastIp: last_ip ?? undefined,
    ...session,
  };
}

function storedPlan(row: LoadedFlowRow, id: string, sealer: Sealer): StoredPlan | undefined {
  const { revision, version_id: versionId, body, pending_identity: identity } = row;
  const opened = openPlan({ id, body, identity, sealed: planSealId(id, revision) }, sealer);
  return opened && { revision, versionId, ...opened };
}

/** A row that the statement `DROP_PLANS` returns. If it deleted no plan, the columns after the user are null. */
export interface CancelledRow {
  readonly user_id: string | null;
  readonly slug: string | null;
  readonly abandoned: readonly ObservedFlow[] | null;
  readonly id: string | null;
  readonly revision: number;
  readonly body: Buffer;
}

/** Returns the deleted plan of a row; `undefined` if no plan was deleted or it cannot be decrypted. */
export function cancelledPlan({ slug, id, revision, body }: CancelledRow, sealer: Sealer): CancelledPlan | undefined {
  if (slug === null || id === null) return undefined;
  try {
    const opened = openPlan({ id, body, identity: null, sealed: planSealId(id, revision) }, sealer);
    return opened && { slug, plan: opened.plan };
  } catch (error) {
    // The plan is deleted already. If only other gateways have its key, the cancellation must succeed nevertheless.
    if (error instanceof UnknownSealKeyError) return undefined;
    throw error;
  }
}

interface SealedPlan {
  readonly id: string;
  readonly body: Buffer;
  readonly sealed: SealId;
  /** The pending user with the current data of the directory; null if the user does not exist any more. */
  readonly identity: SavedUser | null;
}

/**
 * Decrypts a plan. Returns `undefined`, as if there were no plan, if the body was altered or has another format. Throws
 * UnknownSealKeyError if this gateway lacks the key.
 */
export function openPlan(
  { id, body, sealed, identity }: SealedPlan,
  sealer: Sealer,
): Pick<StoredPlan, 'plan' | 'orphaned'> | undefined {
  const opened = openBody(sealed, body, sealer);
  if (!opened) return undefined;
  const { context } = opened;
  const reference = context.pending_user === undefined ? undefined : userReference.safeParse(context.pending_user);
  if (!reference?.success) return { plan: { id, ...opened } as Plan, orphaned: false };
  const { uuid, epoch, backend } = reference.data;
  // The column `pending_user_id` is only for the join. The encrypted body says who the plan's user is and which epoch
  // the user must have.
  const user = identity?.uuid === uuid ? identity : undefined;
  const pendingUser = user && backend ? { backend, ...user } : user;
  const plan = { id, ...opened, context: { ...context, pending_user: pendingUser } } as Plan;
  return { plan, orphaned: user?.epoch !== epoch };
}

function openBody(row: SealId, body: Buffer, sealer: Sealer): PlanBody | undefined {
  try {
    return planBody.safeParse(sealer.open(row, body)).data;
  } catch (error) {
    // An unknown key is rethrown: another gateway may have it, so the plan must not be replaced by a new one.
    if (error instanceof UnsealError && !(error instanceof UnknownSealKeyError)) return undefined;
    throw error;
  }
}
