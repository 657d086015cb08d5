import { escapeUnprintable, printableJson } from '@gatehouse/contracts';

/** One entry of a trace. */
export interface TraceEntry {
  /** Time in ISO 8601. */
  readonly at: string;
  readonly kind: 'begun' | 'step' | 'event' | 'mail';
  /** The step with its outcome, the action of the event, or the state of the mail. */
  readonly what: string;
  /** Facts without secrets, such as the context of an event, which is masked. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** The row of a plan, without the plan's context. */
export interface TracedPlan {
  readonly flow: string | null;
  /** Username of the pending user. */
  readonly user: string | null;
  /** Whether the account of this user is inactive now, so that every password and device counts as wrong. */
  readonly isLocked: boolean;
  readonly expires: string;
  /** State of the plan's session. */
  readonly session: 'logged in' | 'anonymous' | 'expired';
  /** How the plan ended, at which step it waits, or why it cannot be read. */
  readonly state: string;
  /** Verdicts of the policies of the current step. */
  readonly verdicts: readonly { readonly step: string; readonly pass: boolean; readonly messages: readonly string[] }[];
}

/** The journey record of an ended plan. */
export interface TracedRecord {
  readonly flow: string | null;
  readonly outcome: string;
  /** Name of the reason of a denial. */
  readonly reason: string | null;
  readonly endedAt: string;
}

/** What happened in one run of a flow, in the order of time. */
export interface FlowTrace {
  /** Null for events of a request outside of flows. */
  readonly plan: string | null;
  /** Null if the row of the plan was deleted. Its journey record, events and mails may still be stored. */
  readonly stored: TracedPlan | null;
  /** Null if the plan has no journey record, or its row is still stored. */
  readonly record: TracedRecord | null;
  readonly entries: readonly TraceEntry[];
}

/** The traces of a plan, or of the plans of a request. */
export interface FoundTraces {
  readonly traces: readonly FlowTrace[];
  /** Number of messages of the outbox that no key opens. One of them may belong to the run. */
  readonly unreadable: number;
}

/** The subject of a trace: a plan by its id, or a request by the value of its response header `x-authentik-id`. */
export interface TraceSubject {
  readonly type: 'plan' | 'request';
  readonly id: string;
}

/** Returns traces as text for a terminal, one line for each entry, with unprintable characters escaped. */
export const formatTraces = (found: FoundTraces): string =>
  [...found.traces.map(linesOf), unreadableLines(found)]
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.map(escapeUnprintable).join('\n'))
    .join('\n\n');

/** Returns traces as JSON that is safe to print on a terminal. */
export const tracesToJson = (found: FoundTraces): string => printableJson(found);

function linesOf({ plan, stored, record, entries }: FlowTrace): string[] {
  const lines = entries.map(lineOf);
  if (plan === null) return ['Events outside of flows', ...lines];
  if (stored === null) return [...(record ? recordLines(plan, record) : deletedLines(plan)), ...lines];
  const { flow, user, isLocked, state, session, expires, verdicts } = stored;
  return [
    `Plan ${plan} of the flow ${flow ?? '(deleted)'}${user ? `, user ${user}` : ''}${isLocked ? ' (locked now)' : ''}`,
    `  ${state}; session: ${session}; the plan expires ${expires}`,
    ...verdicts.map(
      ({ step, pass, messages }) =>
        `  policies of the step ${step}: ${pass ? 'passed' : 'refused'}${messages.map((text) => `, “${text}”`).join('')}`,
    ),
    ...lines,
  ];
}

const recordLines = (plan: string, { flow, outcome, reason, endedAt }: TracedRecord): string[] => [
  `Plan ${plan} of the flow ${flow ?? '(deleted)'}`,
  `  ${outcome}${reason === null ? '' : ` (${reason})`} at ${endedAt}; the plan is deleted, so its steps are those of its journey record`,
];

const deletedLines = (plan: string): string[] => [
  `Plan ${plan}`,
  '  Its steps are deleted: the plan expired, its session ended, or the flow was started again in the session.',
];

function lineOf({ at, kind, what, details }: TraceEntry): string {
  const facts = Object.entries(details).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return [at, kind.padEnd(5), what, ...facts].join('  ');
}

const unreadableLines = ({ unreadable }: FoundTraces): string[] =>
  unreadable === 0
    ? []
    : [
        `Messages of the outbox that could not be opened: ${unreadable}. Set all keys of the gateway in SEAL_KEYS to see them.`,
      ];
