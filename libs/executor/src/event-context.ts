import { type EventActor, provedMethods, type SavedUser, type User } from '@gatehouse/contracts';
import type { Plan } from '@gatehouse/plan';
import { type FlowContext, isByToken } from './flow-context.js';
import type { EventContext } from './plan-commit.js';
import { toSavedUser } from './ports/plan-store.js';
import type { SessionState } from './session-state.js';

/** The parts of a run that go into its events. */
interface EventRun {
  readonly context: FlowContext;
  readonly plan: Plan;
  /** The plan's facts. They stay available after the plan has ended. */
  readonly facts: Plan['context'];
  readonly session: SessionState;
}

/**
 * Returns the context that events and reputation changes of a run store. `user` is the user whom they concern, by
 * default the pending user, even if the plan has ended.
 */
export function eventContextOf(run: EventRun, user: User | undefined = run.facts.pending_user): EventContext {
  const { context, plan, session } = run;
  const { request, loaded, version } = context;
  const { recentlyProved, provedDevices } = session;
  const { ip: clientIp, user_agent: userAgent } = request.client;
  return {
    ...{ user, actor: actorOf(run), recentlyProved, provedDevices, clientIp, userAgent },
    provedMethods: provedMethods(run.facts),
    sessionMethods: session.login ? Object.keys(session.login.methodAges) : [],
    sessionUser: loaded.session?.user && toSavedUser(loaded.session.user),
    ...{ requestId: request.requestId, flow: version.flow.slug, plan: plan.id },
    findLocation: request.findLocation,
  };
}

/** Returns the actor of a run's events: the caller, or else the user whom this plan has logged in or verified. */
export function actorOf({ context, facts, session }: Pick<EventRun, 'context' | 'facts' | 'session'>): EventActor {
  const { user: caller } = context;
  if (caller) return callerActor(caller, context);
  const proved = session.sessionUser ?? verifiedUser(facts);
  return proved?.kind === 'saved' ? userActor(proved) : { type: 'anonymous' };
}

function callerActor({ uuid, username }: SavedUser, context: FlowContext): EventActor {
  return { type: isByToken(context) ? 'api_token' : 'user', uuid, username };
}

const userActor = ({ uuid, username }: SavedUser): EventActor => ({ type: 'user', uuid, username });

const verifiedUser = ({ pending_user: user, verified_user: verified }: EventRun['facts']) =>
  user?.kind === 'saved' && user.uuid === verified ? user : undefined;
