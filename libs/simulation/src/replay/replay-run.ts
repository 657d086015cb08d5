import { type FlowGraph, walkFlow } from '../flow-graph.js';
import type { PathEnd } from '../path-end.js';
import type { Oracle, Question, StepReference } from '../question.js';
import type { WalkedVersion } from '../walk.js';
import type { WalkState } from '../walk-state.js';
import { RecordedAnswers } from './recorded-answers.js';
import { identityOf, metSteps, type RecordedRun } from './recorded-run.js';

/** Largest number of states that the walk for one recorded run visits. */
const MAX_STATES = 2000;
/** Largest number of answers that this walk assumes: enough for ten conditions without a recorded result. */
const MAX_ANSWERS = 20_000;

/** A difference between a recorded run and its replay in the draft. */
export interface ReplayCause {
  /**
   * `meets`: in the draft, the visitor sees a step that was not in the run. `misses`: the visitor does not see a step
   * of the run. `ends`: the run ends differently. `unknown`: the end depends on something that was not recorded.
   */
  readonly type: 'meets' | 'misses' | 'ends' | 'unknown';
  readonly text: string;
}

/**
 * How a recorded run would end in the draft. `same`: in the same way. `changed`: in the same way, but with other steps.
 * `otherwise`: in another way. `unknown`: the record is not sufficient to decide.
 */
export type ReplayVerdict = 'same' | 'changed' | 'otherwise' | 'unknown';

/** The result of a replay: how the run would end in the draft, and the differences. */
export interface Replay {
  readonly verdict: ReplayVerdict;
  readonly causes: readonly ReplayCause[];
}

/**
 * Replays a recorded run in a draft: walks the draft with the recorded outcomes and policy results. Where nothing is
 * recorded, follows all answers.
 */
export function replayRun(run: RecordedRun, draft: WalkedVersion): Replay {
  const recorded = new RecordedAnswers(run, draft.version, draft.contracts);
  const unknown = new Map<string, Question>();
  const oracle: Oracle = {
    choose: (question) => {
      const answers = recorded.find(question);
      if (answers) return answers;
      // Assume that the visitor passes a new step, because the visitor passed all others. The report names the step.
      if (question.type === 'stage') return passing(question.answers);
      unknown.set(nameOf(question), question);
      return question.type === 'policy'
        ? question.answers.filter((answer) => answer !== 'undecided')
        : question.answers;
    },
  };
  const graph = walkFlow({ ...draft, oracle, maxStates: MAX_STATES, maxAnswers: MAX_ANSWERS });
  const steps = stepCauses(run, graph);
  const ends = endsOf(graph);
  const same = ends.filter(({ end, state }) => isSameEnd(run, end, state));
  if (same.length === 0 && graph.isComplete)
    return { verdict: 'otherwise', causes: unique([...ends.map(endCause), ...steps]) };
  if (same.length < ends.length || !graph.isComplete)
    return { verdict: 'unknown', causes: unique([...unknownCauses(unknown, ends), ...steps]) };
  return { verdict: steps.length > 0 ? 'changed' : 'same', causes: steps };
}

function passing(answers: readonly string[]): readonly string[] {
  const passed = answers.filter((answer) => answer === 'passed');
  return passed.length > 0 ? passed : answers;
}

interface ReachedEnd {
  readonly end: PathEnd;
  readonly state: WalkState | undefined;
}

const endsOf = ({ nodes }: FlowGraph): ReachedEnd[] =>
  nodes.flatMap(({ state, edges }) => edges.flatMap(({ to }) => (typeof to === 'number' ? [] : [{ end: to, state }])));

function isSameEnd({ outcome, loggedIn }: RecordedRun, end: PathEnd, state: WalkState | undefined): boolean {
  // A denial after wrong answers also counts as the same end if the draft shows the challenge again instead of denying.
  if (end.type !== 'done') return outcome === 'denied';
  return outcome === 'done' && loggedIn === ((state?.sessionUser ?? null) !== null);
}

/** Returns the steps of the run that the draft does not reach, and the steps of the draft that are not in the run. */
function stepCauses(run: RecordedRun, { nodes }: FlowGraph): ReplayCause[] {
  const met = new Map(metSteps(run).map((step) => [identityOf(step), step]));
  const visits = nodes.flatMap(({ edges }) => edges.flatMap((edge) => edge.visits));
  const reached = new Map(
    visits
      .filter(({ outcome }) => outcome !== 'skipped' && outcome !== 'deferred')
      .map(({ step }) => [identityOf(step), step]),
  );
  const names = new Map((run.version?.steps ?? []).map(({ stage }): [string, string] => [stage.id, stage.name]));
  return [
    ...[...reached].flatMap(([id, step]) => (met.has(id) ? [] : [meets(step)])),
    ...[...met].flatMap(([id, { kind }]) =>
      reached.has(id) ? [] : [{ type: 'misses' as const, text: names.get(id) ?? kind ?? id }],
    ),
  ];
}

const meets = ({ name }: StepReference): ReplayCause => ({ type: 'meets', text: name });

function endCause({ end, state }: ReachedEnd): ReplayCause {
  const at = 'step' in end && end.step ? ` at ${end.step.name}` : '';
  switch (end.type) {
    case 'done':
      return { type: 'ends', text: state?.sessionUser ? 'done, logged in' : 'done, not logged in' };
    case 'denied':
      return { type: 'ends', text: `denied${at}` };
    case 'refused':
      return { type: 'ends', text: `refused by the ${end.by === 'policies' ? 'policies' : 'requirement'} of the flow` };
    case 'waits':
      return { type: 'ends', text: `waits${at}` };
  }
}

/**
 * Returns the questions on which the end depends. If all were answered, the ends depend on how a step was passed, so
 * returns the possible ends.
 */
function unknownCauses(unknown: ReadonlyMap<string, Question>, ends: readonly ReachedEnd[]): ReplayCause[] {
  if (unknown.size > 0) return [...unknown.keys()].map((text) => ({ type: 'unknown', text }));
  return ends.map(endCause).map(({ text }) => ({ type: 'unknown', text: `may be ${text}` }));
}

function nameOf(question: Question): string {
  switch (question.type) {
    case 'policy':
      return `policy ${question.policy.name}`;
    case 'group':
    case 'user':
      return `${question.type} ${question.id}`;
    default:
      return question.type;
  }
}

const unique = (causes: readonly ReplayCause[]): ReplayCause[] => [
  ...new Map(causes.map((cause) => [`${cause.type} ${cause.text}`, cause])).values(),
];
