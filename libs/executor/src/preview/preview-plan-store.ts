import type { Plan } from '@gatehouse/plan';
import { secretsEqual, uuidV7 } from '@gatehouse/platform';
import type { AttemptStore } from '../attempts/attempt-store.js';
import { lastSessionChange } from '../effects.js';
import type { PlanCommit } from '../plan-commit.js';
import {
  type Cancellation,
  type Identity,
  type LoadedFlow,
  type NewPlan,
  PlanStore,
  type ResumedPlan,
} from '../ports/plan-store.js';
import type { PreviewNotes } from './preview-notes.js';
import { type PreviewState, planOfState } from './preview-state.js';

/** One request of a preview: the flow version, the test user and the state. */
export interface Preview {
  readonly slug: string;
  readonly flowId: string;
  readonly versionId: string;
  readonly user: Identity;
  /** The state after the previous request; `undefined` at the start of the preview. */
  readonly state: PreviewState | undefined;
  /** Whether the flow is for logged-in users. The test user then counts as logged in from the start. */
  readonly startsLoggedIn: boolean;
}

/** The session id that previews use. It is not a UUID, so it cannot be the id of a real session. */
const NO_SESSION = 'preview';

interface Dependencies {
  readonly attempts: Pick<AttemptStore, 'release'>;
  readonly notes: PreviewNotes;
  readonly now: () => Date;
}

/**
 * Holds the plan of a preview in memory for one request. Notes the effects of a save instead of applying them, so that
 * a preview logs nobody in, sends nothing and stores nothing (docs/spec/preview.md#effects).
 */
export class PreviewPlanStore extends PlanStore {
  private plan: Plan | undefined;
  private orphaned = false;
  private revision: number;
  private loggedIn: boolean;
  private links: PreviewState['links'];

  constructor(
    private readonly preview: Preview,
    private readonly dependencies: Dependencies,
  ) {
    super();
    const { state, user, startsLoggedIn } = preview;
    const stored = state && planOfState(state, user);
    this.plan = stored?.plan;
    this.orphaned = stored?.orphaned === true;
    this.revision = state?.revision ?? 0;
    this.loggedIn = state?.logged_in ?? startsLoggedIn;
    this.links = state?.links ?? [];
  }

  /** The state after the request; `undefined` if no plan was started. */
  get state(): PreviewState | undefined {
    const { plan, revision, links, loggedIn: logged_in } = this;
    return plan && { plan, revision, links, logged_in };
  }

  async load(): Promise<LoadedFlow> {
    const { flowId, versionId, user } = this.preview;
    const { plan, revision, orphaned } = this;
    return {
      ...{ flowId, currentVersionId: versionId, candidate: undefined, newSessionId: NO_SESSION, brandsRevision: null },
      session: { id: NO_SESSION, retired: false, remainingS: undefined, user: this.loggedIn ? user : undefined },
      stored: plan && { plan, revision, versionId, orphaned },
      planRow: plan && { id: plan.id, revision },
    };
  }

  /**
   * Returns the plan if the token is of a link that this preview has mailed. No table has the token, so it works in
   * this preview only.
   */
  async findResumed(_slug: string, token: Buffer): Promise<ResumedPlan | undefined> {
    const { plan, orphaned } = this;
    const now = this.dependencies.now().toISOString();
    const link = this.links.find(({ hash, expires }) => secretsEqual(hash, token.toString('hex')) && now < expires);
    if (!plan || plan.ended || !link) return undefined;
    const { versionId } = this.preview;
    return { plan: { ...plan, id: uuidV7() }, versionId, orphaned, step: link.step, mailedBy: plan.id };
  }

  async create({ plan }: NewPlan): Promise<string> {
    this.plan = plan;
    this.orphaned = false;
    this.revision = 0;
    return NO_SESSION;
  }

  /**
   * Keeps the plan, and notes its effects. The attempt of a right answer is released; that of a wrong answer stays
   * counted, so that passwords cannot be guessed through previews.
   */
  async save(commit: PlanCommit): Promise<boolean> {
    const { plan, revision, effects, reset, released } = commit;
    if (revision !== this.revision) return false;
    this.links = this.linksAfter(commit);
    await this.dependencies.attempts.release([...reset, ...released]);
    this.dependencies.notes.addEffects(effects);
    const change = lastSessionChange(effects);
    if (change) this.loggedIn = change.type === 'login' && change.user === this.preview.user.uuid;
    this.plan = plan;
    this.revision = revision + 1;
    return true;
  }

  /**
   * Returns the links that are usable after a commit: those that the commit adds, and earlier ones that it neither uses
   * up nor replaces. A step has one link.
   */
  private linksAfter({ links, usedToken, usedLinkStep }: PlanCommit): PreviewState['links'] {
    const now = this.dependencies.now().getTime();
    const added = links.map(({ hash, step, ttlS }) => ({
      ...{ hash: hash.toString('hex'), step },
      expires: new Date(now + ttlS * 1000).toISOString(),
    }));
    const replaced = new Set([usedLinkStep, ...added.map(({ step }) => step)]);
    const isGone = ({ hash, step }: PreviewState['links'][number]) =>
      replaced.has(step) || secretsEqual(hash, usedToken?.toString('hex') ?? '');
    return [...this.links.filter((link) => !isGone(link)), ...added];
  }

  /** Returns nothing, because a preview has no session. */
  async findSwitchTarget(): Promise<undefined> {}

  /** Does nothing, because previews are not counted. */
  async recordUnstored(): Promise<void> {}

  async listSlugs(): Promise<string[]> {
    return [];
  }

  async deletePlans(): Promise<Cancellation> {
    return { user: undefined, cancelled: undefined };
  }
}
