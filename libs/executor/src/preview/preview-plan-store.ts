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

/** The version of a flow that an operator previews, as one test user. */
export interface Preview {
  readonly slug: string;
  readonly flowId: string;
  readonly versionId: string;
  readonly user: Identity;
  /** The run so far; `undefined` at its start. */
  readonly state: PreviewState | undefined;
  /** Whether the flow is for logged-in users, so that the test user counts as logged in from the start. */
  readonly startsLoggedIn: boolean;
}

/** The id of the session that a preview pretends to have. It is no UUID, so it is no session of the database. */
const NO_SESSION = 'preview';

interface Dependencies {
  readonly attempts: Pick<AttemptStore, 'release'>;
  readonly notes: PreviewNotes;
  readonly now: () => Date;
}

/**
 * Keeps the plan of one request of a preview in memory. Notes the effects of a save in place of performing them, so a
 * preview logs nobody in, sends nothing and stores nothing (docs/spec/preview.md#effects).
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

  /** The run after the request; `undefined` if no plan was started. */
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

  /** Returns the run, if the token is of a link that its state has. No table has it, so it leads nowhere else. */
  async findResumed(_slug: string, token: Buffer): Promise<ResumedPlan | undefined> {
    const { plan, orphaned } = this;
    const now = this.dependencies.now().toISOString();
    const link = this.links.find(({ hash, expires }) => secretsEqual(hash, token.toString('hex')) && now < expires);
    if (!plan || plan.ended || !link) return undefined;
    return { plan: { ...plan, id: uuidV7() }, versionId: this.preview.versionId, orphaned, step: link.step };
  }

  async create({ plan }: NewPlan): Promise<string> {
    this.plan = plan;
    this.orphaned = false;
    this.revision = 0;
    return NO_SESSION;
  }

  /**
   * Keeps the plan, and notes its effects. A right answer does not stay counted as an attempt; a wrong one does, so that
   * a preview is no way to guess a password.
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

  /** Returns the links that can be used after a commit: its own, and those that it does not use up. */
  private linksAfter({ links, usedToken, usedLinkStep }: PlanCommit): PreviewState['links'] {
    const now = this.dependencies.now().getTime();
    const added = links.map(({ hash, step, ttlS }) => ({
      ...{ hash: hash.toString('hex'), step },
      expires: new Date(now + ttlS * 1000).toISOString(),
    }));
    const isUsed = ({ hash, step }: PreviewState['links'][number]) =>
      step === usedLinkStep || secretsEqual(hash, usedToken?.toString('hex') ?? '');
    return [...this.links.filter((link) => !isUsed(link)), ...added];
  }

  /** A preview is not counted. */
  async recordUnstored(): Promise<void> {}

  async listSlugs(): Promise<string[]> {
    return [];
  }

  async deletePlans(): Promise<Cancellation> {
    return { user: undefined, cancelled: undefined };
  }
}
