import type { PolicyReply, PolicyRequest } from '@gatehouse/contracts';

type EmittedEvent = NonNullable<PolicyReply['events']>[number];
type Bag = Readonly<Record<string, unknown>>;
type Insert = NonNullable<PolicyReply['insert']>;

/** A change that a policy makes to the plan. */
export interface ContextChange {
  readonly set?: Bag;
  readonly unset?: readonly string[];
  readonly insert?: Insert | undefined;
}

/**
 * The plan's facts during the evaluation of several policies one after another. Each policy sees the changes of the
 * earlier ones.
 */
export class EvaluationContext {
  private readonly changed = new Map<string, unknown>();
  private inserted: Insert | undefined;
  private readonly events: EmittedEvent[] = [];
  private extra: Bag;

  constructor(private readonly request: Pick<PolicyRequest, 'flow_plan' | 'context'>) {
    this.extra = request.context;
  }

  /** Variables that policies see in addition to the plan's facts. */
  get extraVariables(): Bag {
    return this.extra;
  }

  /** Adds variables, which this policy and all later ones see. */
  addVariables(variables: Bag): void {
    this.extra = { ...this.extra, ...variables };
  }

  /** The plan's facts, with the changes of the policies so far. */
  get plan(): Bag {
    const facts = { ...this.request.flow_plan.context, ...Object.fromEntries(this.changed) };
    return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
  }

  /**
   * Everything that policies see: the plan's facts and the extra variables. An extra variable hides a fact of the same
   * name.
   */
  get context(): Bag {
    return { ...this.plan, ...this.extra };
  }

  /** Number of events that the policies of this request have created so far. */
  get eventCount(): number {
    return this.events.length;
  }

  /** Adds events that a policy has created. They are kept even if the policy then fails. */
  addEvents(events: readonly EmittedEvent[]): void {
    this.events.push(...events);
  }

  change({ set = {}, unset = [], insert }: ContextChange): void {
    for (const [key, value] of Object.entries(set)) this.changed.set(key, value);
    for (const key of unset) this.changed.set(key, undefined);
    if (insert) this.inserted = { ...insert, steps: [...(this.inserted?.steps ?? []), ...insert.steps] };
  }

  /** All changes so far, in the format of the reply. */
  get changes(): Pick<PolicyReply, 'context' | 'insert' | 'events'> {
    const entries = [...this.changed];
    return {
      context: {
        set: Object.fromEntries(entries.filter(([, value]) => value !== undefined)),
        unset: entries.flatMap(([key, value]) => (value === undefined ? [key] : [])),
      },
      ...(this.inserted && { insert: this.inserted }),
      ...(this.events.length > 0 && { events: this.events }),
    };
  }
}
