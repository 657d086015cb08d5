import type { PolicyReply, PolicyRequest } from '@gatehouse/contracts';

type EmittedEvent = NonNullable<PolicyReply['events']>[number];
type Bag = Readonly<Record<string, unknown>>;
type Insert = NonNullable<PolicyReply['insert']>;

/** What a policy wants changed. */
export interface ContextChange {
  readonly set?: Bag;
  readonly unset?: readonly string[];
  readonly insert?: Insert | undefined;
}

/** The facts of a plan while its policies are evaluated one after another: what one changes, the next one sees. */
export class EvaluationContext {
  private readonly changed = new Map<string, unknown>();
  private inserted: Insert | undefined;
  private readonly happened: EmittedEvent[] = [];
  private more: Bag;

  constructor(private readonly request: Pick<PolicyRequest, 'flow_plan' | 'context'>) {
    this.more = request.context;
  }

  /** What policies are given beside the plan's facts. */
  get given(): Bag {
    return this.more;
  }

  /** Gives more, to all policies from now on. */
  give(more: Bag): void {
    this.more = { ...this.more, ...more };
  }

  /** The plan's own. */
  get plan(): Bag {
    const facts = { ...this.request.flow_plan.context, ...Object.fromEntries(this.changed) };
    return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
  }

  /** The plan's, and over them what policies are given besides. */
  get context(): Bag {
    return { ...this.plan, ...this.more };
  }

  /** How many events there are by now. */
  get told(): number {
    return this.happened.length;
  }

  /** Notes what a policy wants to have happened, whatever becomes of the policy. */
  tell(events: readonly EmittedEvent[]): void {
    this.happened.push(...events);
  }

  change({ set = {}, unset = [], insert }: ContextChange): void {
    for (const [key, value] of Object.entries(set)) this.changed.set(key, value);
    for (const key of unset) this.changed.set(key, undefined);
    if (insert) this.inserted = { ...insert, steps: [...(this.inserted?.steps ?? []), ...insert.steps] };
  }

  /** All changes, as the reply says them. */
  get changes(): Pick<PolicyReply, 'context' | 'insert' | 'events'> {
    const entries = [...this.changed];
    return {
      context: {
        set: Object.fromEntries(entries.filter(([, value]) => value !== undefined)),
        unset: entries.flatMap(([key, value]) => (value === undefined ? [key] : [])),
      },
      ...(this.inserted && { insert: this.inserted }),
      ...(this.happened.length > 0 && { events: this.happened }),
    };
  }
}
