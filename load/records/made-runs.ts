import { simulatedContracts as contracts } from '@gatehouse/blueprints';
import type { NewJourney } from '@gatehouse/executor-postgres';
import type { FlowVersion, RecordedVerdict } from '@gatehouse/plan';
import { allAnswers, type Fact, type FlowEdge, type FlowGraph, walkFlow } from '@gatehouse/simulation';
import { randomOf } from '../random.js';

/** A generated run of a flow: the part of its record that depends on the path. */
export type MadeRun = Pick<NewJourney, 'outcome' | 'logged_in' | 'steps' | 'verdicts'>;

type Steps = MadeRun['steps'][number][];

/** Relative frequencies of the edges of the flow graph, by the outcome of their step. */
const WEIGHTS: Readonly<Record<string, number>> = {
  denied: 0.01,
  rejected: 0.15,
  left: 0.05,
  without_credential: 0.05,
};
/** Share of the visitors who open the flow while they are logged in. */
const LOGGED_IN = 0.03;
/** Share of the visitors who leave at a step. */
const LEAVES = 0.04;
/** Largest number of moves of a path. After this number, a visitor who goes in circles leaves. */
const MAX_MOVES = 40;

/** Generates runs of a flow version: random paths of its simulation, always the same paths for a seed. */
export class RunMaker {
  private readonly graph: FlowGraph;

  constructor(
    private readonly version: FlowVersion,
    private readonly random: ReturnType<typeof randomOf>,
  ) {
    this.graph = walkFlow({ version, contracts, oracle: allAnswers });
  }

  /** Returns the next run. */
  next(): MadeRun {
    for (;;) {
      const run = this.walk();
      if (run) return run;
    }
  }

  /** Generates one path; `undefined` if the flow does not apply to the visitor, so that there is no run. */
  private walk(): MadeRun | undefined {
    const steps: Steps = [];
    const verdicts: Record<string, RecordedVerdict> = {};
    const ends = (outcome: MadeRun['outcome'], loggedIn = false): MadeRun => ({
      ...{ outcome, logged_in: loggedIn, steps, verdicts },
    });
    for (let id = 0, moves = 0; moves < MAX_MOVES; moves++) {
      const { edges, state } = this.graph.nodes[id]!;
      const edge = this.pick(edges);
      if (!edge || (steps.length > 0 && this.random() < LEAVES)) return leave(edge, ends('abandoned'));
      this.record(edge, steps, verdicts);
      if (typeof edge.to === 'number') id = edge.to;
      else if (edge.to.type === 'refused') return undefined;
      else if (edge.to.type !== 'waits') return ends(edge.to.type, (state?.sessionUser ?? null) !== null);
    }
    return ends('abandoned');
  }

  private pick(edges: readonly FlowEdge[]): FlowEdge | undefined {
    const weighed = edges.map((edge) => [edge, this.weightOf(edge)] as const);
    let left = this.random() * weighed.reduce((sum, [, weight]) => sum + weight, 0);
    return weighed.find(([, weight]) => (left -= weight) < 0)?.[0];
  }

  private weightOf({ visits, alternatives }: FlowEdge): number {
    const isLoggedIn = alternatives[0]?.some(
      ({ question, answer }) => question.type === 'visitor' && answer !== 'anonymous',
    );
    const last = visits.at(-1)?.outcome ?? '';
    return (isLoggedIn ? LOGGED_IN : 1) * (WEIGHTS[last] ?? 1);
  }

  private record({ visits, alternatives }: FlowEdge, steps: Steps, verdicts: Record<string, RecordedVerdict>): void {
    for (const { step, outcome } of visits) {
      const ms = outcome === 'skipped' ? 0 : Math.round(1000 * Math.exp(2.2 * this.random()));
      steps.push({ step: step.id, kind: step.kind, stage: step.stage, outcome: recordedOutcome(outcome), ms });
    }
    const facts = alternatives[Math.floor(this.random() * alternatives.length)] ?? [];
    for (const fact of facts) for (const binding of this.bindingsOf(fact)) verdicts[binding] = verdictOf(fact.answer);
  }

  /** Returns the ids of the bindings whose result a fact states. */
  private bindingsOf({ question }: Fact): string[] {
    if (question.type !== 'policy' && question.type !== 'group' && question.type !== 'user') return [];
    const { guard, steps } = this.version;
    const sets =
      question.type === 'policy'
        ? [question.step ? steps.find(({ id }) => id === question.step?.id)?.policies : guard]
        : [guard, ...steps.map(({ policies }) => policies)];
    const bindings = sets.flatMap((set) => set?.bindings ?? []);
    return bindings
      .filter((binding) => binding[question.type] === (question.type === 'policy' ? question.policy.id : question.id))
      .map(({ id }) => id);
  }
}

/** Ends a run at the step to which an edge belongs. */
function leave(edge: FlowEdge | undefined, run: MadeRun): MadeRun {
  const left = edge?.visits[0]?.step;
  if (!left) return run;
  const step = { step: left.id, kind: left.kind, stage: left.stage, outcome: 'abandoned', ms: null };
  return { ...run, steps: [...run.steps, step] };
}

const verdictOf = (answer: string): RecordedVerdict => (answer === 'pass' || answer === 'yes' ? 'pass' : 'fail');

/** Returns an outcome in the form of a record, which stores that a step was passed, but not how. */
const recordedOutcome = (outcome: string) =>
  outcome === 'without_credential' || outcome.startsWith('insert ') ? 'passed' : outcome;

/** Returns a generator of runs of a flow version. */
export const runMaker = (version: FlowVersion, seed: number): RunMaker => new RunMaker(version, randomOf(seed));
