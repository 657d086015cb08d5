import { KeptEventRepository, readOutbox } from '@gatehouse/courier';
import { openPlan, planSealId } from '@gatehouse/executor-postgres';
import { flowVersion, type Plan, type Step, stepsOf } from '@gatehouse/plan';
import { type Sealer, UnknownSealKeyError } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import type { FlowTrace, FoundTraces, TracedPlan, TraceEntry, TraceSubject } from './flow-trace.js';
import { JourneyRecordRepository } from './journey-record.repository.js';
import { begunEntry, keptEntry, messageEntry, nameOf, stepEntry, type TracedMessage } from './trace-entries.js';

/** $1 id of the plan. Reads the whole table, because an index on the ids of plans would slow logins down. */
const FIND_PLAN = `
  SELECT p.revision, p.body, p.expires_at AS "expiresAt", v.document, f.slug, u.username,
    NOT u.is_active AS "isLocked",
    s.user_id IS NOT NULL AS "isLoggedIn", s.expires_at > now() AS "isLive"
  FROM flow.plans p JOIN flow.sessions s ON s.id = p.session_id
  LEFT JOIN flow.flow_versions v ON v.id = p.version_id
  LEFT JOIN flow.flows f ON f.id = p.flow_id
  LEFT JOIN directory.users u ON u.id = p.pending_user_id
  WHERE p.id = $1`;

interface PlanRow {
  readonly revision: number;
  readonly body: Buffer;
  readonly expiresAt: Date;
  readonly document: unknown;
  readonly slug: string | null;
  readonly username: string | null;
  readonly isLocked: boolean | null;
  readonly isLoggedIn: boolean;
  readonly isLive: boolean;
}

/** A plan, or the reason why it cannot be read. */
type OpenedPlan = { readonly plan: Plan; readonly steps: readonly Step[] } | { readonly problem: string };

/** Reads everything that the database stores about one run of a flow. */
export class FlowTraceRepository {
  private readonly kept: KeptEventRepository;
  private readonly records: JourneyRecordRepository;

  constructor(
    private readonly source: DataSource,
    private readonly sealer: Sealer,
  ) {
    this.kept = new KeptEventRepository(source, sealer);
    this.records = new JourneyRecordRepository(source);
  }

  /** Returns the traces of a plan, or of the plans of a request. Returns none if nothing is stored about them. */
  async find({ type, id }: TraceSubject): Promise<FoundTraces> {
    const { messages, unreadable } = await this.readMessages();
    const traces = type === 'plan' ? [await this.tracePlan(id, messages)] : await this.traceRequest(id, messages);
    return { traces: traces.filter(({ stored, entries }) => stored !== null || entries.length > 0), unreadable };
  }

  private async traceRequest(id: string, messages: readonly TracedMessage[]): Promise<FlowTrace[]> {
    const kept = await this.kept.find('request_id', id);
    const waiting = withoutKept(messages, kept).filter(({ about }) => about.request_id === id);
    const plans = new Set([...kept.map(({ plan }) => plan), ...waiting.map(({ about }) => about.plan)]);
    const traces: FlowTrace[] = [];
    for (const plan of plans) if (plan !== undefined) traces.push(await this.tracePlan(plan, messages));
    const outside = [
      ...kept.filter(({ plan }) => plan === undefined).map(keptEntry),
      ...waiting.filter(({ about }) => about.plan === undefined).map(messageEntry),
    ];
    return [...traces, { plan: null, stored: null, record: null, entries: inOrder(outside) }];
  }

  /**
   * Reads the outbox in the order of its messages. Leaves out messages of the previous version, which name neither a
   * plan nor a request.
   */
  private async readMessages(): Promise<{ messages: TracedMessage[]; unreadable: number }> {
    const messages: TracedMessage[] = [];
    let unreadable = 0;
    for await (const message of readOutbox(this.source, this.sealer)) {
      const about = message.event ?? message.mail?.about;
      if (!about) unreadable += 1;
      else if (about.plan !== undefined || about.request_id !== undefined) messages.push({ ...message, about });
    }
    // Messages of one commit have the same time, and their ids are random.
    messages.sort((a, b) => (a.seq < b.seq ? -1 : 1));
    return { messages, unreadable };
  }

  private async tracePlan(id: string, messages: readonly TracedMessage[]): Promise<FlowTrace> {
    const [row] = await this.source.query<PlanRow[]>(FIND_PLAN, [id]);
    const opened = row && this.open(id, row);
    const recorded = row ? undefined : await this.records.find(id);
    const kept = await this.kept.find('plan_id', id);
    const entries = [
      ...(row ? [begunEntry(id)] : []),
      ...(recorded?.entries ?? []),
      ...(opened && 'plan' in opened ? opened.plan.trail.map((entry) => stepEntry(entry, opened.steps)) : []),
      ...kept.map(keptEntry),
      ...withoutKept(messages, kept)
        .filter(({ about }) => about.plan === id)
        .map(messageEntry),
    ];
    const stored = row && opened ? tracedPlan(row, opened) : null;
    return { plan: id, stored, record: recorded?.record ?? null, entries: inOrder(entries) };
  }

  private open(id: string, { body, revision, document }: PlanRow): OpenedPlan {
    try {
      const plan = openPlan({ id, body, identity: null, sealed: planSealId(id, revision) }, this.sealer)?.plan;
      if (!plan) return { problem: 'the plan is damaged, or another version has stored it, so its steps are unknown' };
      const version = flowVersion.safeParse(document).data;
      return { plan, steps: version ? stepsOf(plan, version) : [] };
    } catch (error) {
      if (!(error instanceof UnknownSealKeyError)) throw error;
      return { problem: `its steps are unknown, because ${error.message}: add the key to SEAL_KEYS` };
    }
  }
}

const inOrder = (entries: readonly TraceEntry[]) => entries.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));

/** Leaves out messages that a courier has published after the outbox was read. */
function withoutKept(messages: readonly TracedMessage[], kept: readonly { readonly id: string }[]): TracedMessage[] {
  const ids = new Set(kept.map(({ id }) => id));
  return messages.filter(({ id }) => !ids.has(id));
}

const tracedPlan = (row: PlanRow, opened: OpenedPlan): TracedPlan => ({
  ...{ flow: row.slug, user: row.username, isLocked: row.isLocked ?? false },
  expires: row.expiresAt.toISOString(),
  session: row.isLive ? (row.isLoggedIn ? 'logged in' : 'anonymous') : 'expired',
  state: 'problem' in opened ? opened.problem : stateOf(opened.plan, opened.steps),
  verdicts: 'problem' in opened ? [] : verdictsOf(opened.plan, opened.steps),
});

const verdictsOf = ({ verdicts }: Plan, steps: readonly Step[]): TracedPlan['verdicts'] =>
  Object.entries(verdicts).map(([step, verdict]) => ({ step: nameOf(step, steps), ...verdict }));

function stateOf({ ended, cursor, shown }: Plan, steps: readonly Step[]): string {
  if (!ended) {
    const step = steps[cursor];
    if (!step) return 'at its end';
    return `at ${nameOf(step.id, steps)}, ${shown ? 'which waits for an answer' : 'which was not shown yet'}`;
  }
  if ('to' in ended) return `ended, to ${withoutSecrets(ended.to)}`;
  const { denied, reason } = ended;
  const message = 'text' in denied ? denied.text : denied.code;
  return `denied: ${message}${reason === undefined ? '' : ` (${reason})`}`;
}

/** Returns a destination without user information, query and fragment, which may contain secrets of an application. */
const withoutSecrets = (address: string) =>
  address.replace(/[?#].*$/s, '').replace(/^(\w[\w+.-]*:)?\/\/[^/]*@/, '$1//');
