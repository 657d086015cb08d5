import type { Effect } from '@gatehouse/contracts';
import type { Plan } from '@gatehouse/plan';
import type { Attempts } from './attempts.js';
import type { About, Loaded, Plans, StoredPlan } from './plans.js';
import type { SessionCookie } from './request.js';
import type { Link } from './resuming.js';
import { newSessionKey } from './session-key.js';
import type { Settlement } from './settlement.js';

/** What a walk achieved, to be saved in one piece or not at all. */
export interface Outcome {
  /** The plan before its first turn. */
  readonly before: Plan;
  readonly after: Plan;
  readonly effects: readonly Effect[];
  readonly settlement: Settlement;
  readonly links: readonly Link[];
  /** Hash of the mailed link's token that this request uses up. */
  readonly burns: Buffer | undefined;
}

export interface Saved {
  readonly won: boolean;
  readonly cookie?: SessionCookie | undefined;
}

interface Ground {
  readonly loaded: Loaded;
  readonly running: StoredPlan | undefined;
  readonly about: About;
}

interface Stores {
  readonly plans: Plans;
  readonly attempts: Attempts;
}

/** Saves what a request achieved: a plain look costs nothing, a new plan one insert, anything else one conditional update. */
export async function saveOutcome(stores: Stores, ground: Ground, outcome: Outcome): Promise<Saved> {
  const { running } = ground;
  if (running) {
    const idle = !acts(outcome) && unchanged(running.plan, outcome.after);
    if (idle) return settled(stores, outcome, { won: true });
    return update(stores.plans, { ...ground, sessionId: ground.loaded.session!.id }, outcome);
  }
  if (!acts(outcome) && outcome.after.ended) return settled(stores, outcome, { won: true });
  const begun = await begin(stores.plans, ground, acts(outcome) ? outcome.before : outcome.after);
  if (!begun.sessionId) return { won: false };
  if (!acts(outcome)) return settled(stores, outcome, { won: true, cookie: begun.cookie });
  // Effects need a plan to hang on, so a request that both begins and acts saves twice.
  return update(stores.plans, { ...ground, sessionId: begun.sessionId, cookie: begun.cookie }, outcome);
}

/** Where nothing is saved, attempts that were not judged go back by themselves: a look must not beat the real answer. */
async function settled({ attempts }: Stores, { settlement }: Outcome, saved: Saved): Promise<Saved> {
  await attempts.giveBack(settlement.returned);
  return saved;
}

const acts = ({ effects, settlement, burns }: Outcome) =>
  effects.length > 0 || settlement.cleared.length > 0 || burns !== undefined;

/** Whatever moves a plan leaves a trace in its trail, so only a look's plan has to be compared. */
const unchanged = (a: Plan, b: Plan) => a === b || (a.trail === b.trail && JSON.stringify(a) === JSON.stringify(b));

async function begin(plans: Plans, { loaded }: Ground, plan: Plan) {
  const { session } = loaded;
  const key = session ? undefined : newSessionKey(undefined);
  const sessionId = await plans.begin({
    flowId: loaded.flowId,
    versionId: loaded.newestVersionId,
    plan,
    session: key ? { newKey: key.hash } : { id: session!.id },
    replaces: loaded.row,
  });
  return { sessionId, cookie: key?.cookie };
}

interface At extends Ground {
  readonly sessionId: string;
  readonly cookie?: SessionCookie | undefined;
}

async function update(plans: Plans, at: At, outcome: Outcome): Promise<Saved> {
  const login = outcome.effects.find((effect) => effect.type === 'login');
  // Whoever has proved something gets a new key, so that one that was planted before is worth nothing from then on.
  const proved = outcome.settlement.cleared.length > 0;
  const key = login
    ? newSessionKey(login.duration_s ?? undefined)
    : proved
      ? newSessionKey(at.loaded.session?.leftS)
      : undefined;
  const won = await plans.save({
    sessionId: at.sessionId,
    flowId: at.loaded.flowId,
    plan: outcome.after,
    revision: at.running?.revision ?? 0,
    effects: outcome.effects,
    newKey: key?.hash,
    about: at.about,
    versionId: at.running?.versionId ?? at.loaded.newestVersionId,
    links: outcome.links,
    burns: outcome.burns,
    ...outcome.settlement,
  });
  return won ? { won, cookie: key?.cookie ?? at.cookie } : { won };
}
