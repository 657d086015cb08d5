import { addsUser, isProved, type Plan } from '@gatehouse/plan';
import { uuidV7 } from '@gatehouse/platform';
import { lastSessionChange, type SessionChange } from './effects.js';
import { type FlowContext, isByToken } from './flow-context.js';
import type { PlanStore } from './ports/plan-store.js';
import { newSessionKey } from './session-key.js';
import type { SessionSwitch } from './session-switch.js';
import type { UnsavedChanges } from './unsaved-changes.js';

/** The parts of a run that determine whether the browser changes to another session. */
interface SwitchRun {
  readonly context: FlowContext;
  readonly plan: Plan;
  readonly changes: Readonly<Pick<UnsavedChanges, 'effects' | 'userSwitch'>>;
}

/**
 * Returns the change of session that a login or logout causes. A login in a plan that adds a user gets a session of its
 * own. Returns `undefined` for any other login, which replaces the user of the session.
 */
export function addedSession(run: SwitchRun, change: SessionChange): SessionSwitch | undefined {
  const { context, plan, changes } = run;
  const from = context.loaded.session?.user?.uuid;
  if (change.type === 'login' && changes.userSwitch) return changes.userSwitch;
  if (!addsUser(plan) || change.type !== 'login' || isByToken(context)) return undefined;
  const isOwn = from !== undefined && from === plan.user_switch?.from && from === plan.visitor;
  if (!isOwn || from === change.user) return undefined;
  const { loginSet: set } = context.request;
  const newSet = newSessionKey(undefined);
  return {
    ...{ action: 'add', session: uuidV7(), from, to: undefined, set, newSet },
    isProved: isProved(plan, change.user),
    maxAgeS: change.duration_s ?? undefined,
  };
}

/**
 * If the plan switches users, makes the save that ends the plan switch the browser to the session of the plan's user.
 * Returns false if that session has ended or must not be used any more.
 */
export async function switchAtEnd(
  run: SwitchRun & { leave(to: SessionSwitch): void },
  plans: Pick<PlanStore, 'findSwitchTarget'>,
): Promise<boolean> {
  const { user_switch: change, context } = run.plan;
  if (change?.action !== 'switch') return true;
  const { session } = run.context.loaded;
  const { pending_user: to } = context;
  const { session: target, from } = change;
  if (!session || to?.kind !== 'saved' || target === undefined || !isRunBy(run, from)) return false;
  const { loginSet: set } = run.context.request;
  const found = set && (await plans.findSwitchTarget({ session: session.id, set, target }));
  if (found?.user !== to.uuid) return false;
  const newSet = newSessionKey(undefined);
  const subject = { action: 'switch', session: target, from, to, isProved: isProved(run.plan, to.uuid) } as const;
  run.leave({ ...subject, set, newSet, maxAgeS: found.remainingS });
  return true;
}

/** Whether this user is the user of the session and of the plan, and the run does not log the user out. */
const isRunBy = (run: SwitchRun, uuid: string): boolean =>
  run.plan.visitor === uuid &&
  run.context.loaded.session?.user?.uuid === uuid &&
  !isByToken(run.context) &&
  !changesSession(run);

/** Whether the effects of the run change who is logged in, or end sessions. */
const changesSession = ({ changes: { effects } }: SwitchRun): boolean =>
  lastSessionChange(effects) !== undefined ||
  effects.some(({ type }) => type === 'end_sessions' || type === 'keep_session');
