import { randomBytes, randomUUID } from 'node:crypto';
import type { Effect, SavedUser } from '@gatehouse/contracts';
import type { PlanCommit } from '@gatehouse/executor';
import { newSessionKey } from '@gatehouse/executor';
import { flowOf } from '@gatehouse/executor/testing';
import { createPlan, type Plan } from '@gatehouse/plan';
import { Logger, Sealer, uuidV7 } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { PostgresPlanStore } from '../src/postgres-plan-store.js';
import { eventContextFor } from './event-context.js';
import { flowDatabase, publish } from './flow-database.js';
import { journeysOn } from './journey-recorder.js';

export const LIFETIMES = {
  anonymousSessionS: 3600,
  unansweredS: 300,
  sessionS: 86_400,
  planS: 600,
  proofS: 600,
  credentialProofS: 3600,
  sourceLoginS: 900,
};

export const freshPlan = (more: Partial<Plan> = {}): Plan => ({
  ...createPlan(flowOf([{ kind: 'page' }]), uuidV7()),
  ...more,
});

type Login = Extract<Effect, { type: 'login' }>;

export const login = ({ uuid }: SavedUser, more: Partial<Login> = {}): Login => ({
  type: 'login',
  user: uuid,
  backend: 'b',
  duration_s: null,
  bindings: { network: 'no_binding', geoip: 'no_binding' },
  terminate_other_sessions: false,
  ...more,
});

/** A started plan, with its session's id and key. */
interface StartedPlan {
  readonly hash: Buffer;
  readonly plan: Plan;
  readonly sessionId: string;
}

/** A plan store in a database of its own. Each test publishes a flow of its own. */
export class PlanStoreHarness {
  readonly plans: PostgresPlanStore;
  /** The plans that ended, as the store reported them to its observer, such as `abandoned login`. */
  readonly ended: string[] = [];
  /** The settings for journey records, which a test may change. */
  readonly journeys = journeysOn();
  /** The limits of reputation scores, which a test may change. */
  readonly reputation: { lowest?: number | undefined; highest?: number | undefined } = {};
  /** The seal keys with which `plans` encrypts. */
  readonly keys = `a:${randomBytes(32).toString('base64')}`;
  flow = { flowId: '', versionId: '' };
  slug = '';

  private constructor(
    readonly source: DataSource,
    readonly url: string,
    readonly close: () => Promise<void>,
  ) {
    this.plans = this.sealedBy(this.keys);
  }

  /** `poolSize` is the number of connections to the database. */
  static async open(poolSize = 10): Promise<PlanStoreHarness> {
    const database = await flowDatabase({ poolSize });
    return new PlanStoreHarness(database.source, database.url, () => database.close());
  }

  /** Returns a store on the same database that encrypts with other seal keys. */
  sealedBy(keys: string): PostgresPlanStore {
    return new PostgresPlanStore(this.source, new Sealer(keys), {
      journeys: this.journeys,
      lifetimes: LIFETIMES,
      attributes: false,
      reputation: this.reputation,
      saveCheckS: 5,
      observer: { planEnded: ({ slug }, outcome) => void this.ended.push(`${outcome} ${slug}`) },
      logger: new Logger('silent'),
    });
  }

  /** Publishes a new flow without plans, and makes it the flow of this harness. */
  async nextFlow(version = flowOf([])): Promise<void> {
    this.slug = `flow-${randomUUID().slice(0, 8)}`;
    this.flow = await publish(this.source, this.slug, version);
  }

  /** Starts a plan in a new anonymous session. */
  async begin(plan = freshPlan()): Promise<StartedPlan> {
    const { hash } = newSessionKey(undefined);
    const sessionId = await this.plans.create({ ...this.flow, plan, session: { newKey: hash }, replaces: undefined });
    if (!sessionId) throw new Error('the first plan of a session was not created: the store returned no session id');
    return { hash, plan, sessionId };
  }

  save(begun: Pick<StartedPlan, 'sessionId' | 'plan'>, more: Partial<PlanCommit> = {}): Promise<boolean> {
    return this.plans.save(this.commitOf(begun, more));
  }

  /** Returns a commit that saves a plan which has just been started (revision 0). */
  commitOf({ sessionId, plan }: Pick<StartedPlan, 'sessionId' | 'plan'>, more: Partial<PlanCommit> = {}): PlanCommit {
    return {
      sessionId,
      flowId: this.flow.flowId,
      plan,
      revision: 0,
      effects: [],
      newKey: undefined,
      eventContext: eventContextFor(undefined, this.slug),
      reset: [],
      released: [],
      versionId: this.flow.versionId,
      links: [],
      usedToken: undefined,
      ...more,
    };
  }

  /** Saves a commit of the plan whose effects log `user` in. */
  logIn(
    begun: Pick<StartedPlan, 'sessionId' | 'plan'>,
    user: SavedUser,
    more: Partial<Login & PlanCommit> = {},
  ): Promise<boolean> {
    const { newKey = randomBytes(32), revision = 0, ...rest } = more;
    const eventContext = eventContextFor(user, this.slug);
    return this.save(begun, { effects: [login(user, rest)], newKey, revision, eventContext });
  }

  /** Returns the number of rows that a SQL query returns. */
  async count(sql: string, ...values: unknown[]): Promise<number> {
    return (await this.source.query<unknown[]>(sql, values)).length;
  }
}
