import type { FlowEdge, FlowGraph } from './flow-graph.js';
import type { PathEnd } from './path-end.js';
import type { Factor, StepReference } from './question.js';
import type { WalkState } from './walk-state.js';

/** How a listed path ends: as in the graph, or because its continuation is listed elsewhere or unknown. */
export type ListedEnd =
  | Exclude<PathEnd, { readonly type: 'done' }>
  /** The flow is finished. `login` has the step that logged the user in, and the factors that were proved before it. */
  | {
      readonly type: 'done';
      readonly login: { readonly step: StepReference; readonly proofs: readonly Factor[] } | undefined;
    }
  /** The path continues like the path with this number. */
  | { readonly type: 'joins'; readonly path: number }
  /** The path has returned to one of its earlier states. */
  | { readonly type: 'repeats' }
  /** The walk has stopped here, because it has reached its largest number of states. */
  | { readonly type: 'cut' };

/** Largest number of combinations of facts that are listed for a transition. */
const MAX_ALTERNATIVES = 20;
/** Largest number of facts and visits in a list, for each path that the list may contain. */
const LISTED_PER_PATH = 100;

/** A transition of a listed path. */
export interface ListedEdge extends Omit<FlowEdge, 'to'> {
  /** Number of combinations of facts that are not listed. Absent if all are listed. */
  readonly more?: number;
}

/** A listed path, with all its transitions from the start of the flow. */
export interface ListedPath {
  /** Number of the path, from 1. */
  readonly number: number;
  readonly edges: readonly ListedEdge[];
  readonly end: ListedEnd;
}

/** The listed paths of a flow. `isComplete` is false if there are more. */
export interface PathList {
  readonly paths: readonly ListedPath[];
  readonly isComplete: boolean;
}

interface Position {
  readonly node: number;
  readonly edges: readonly FlowEdge[];
  /** Numbers of the states of the path so far. */
  readonly through: readonly number[];
}

/**
 * Lists the paths of a flow, each from the start to its end. A path that reaches a state of an earlier path ends there,
 * so that the length of the list depends on the number of steps, not on the number of their combinations.
 */
export function listPaths({ nodes }: FlowGraph, maxPaths: number): PathList {
  const paths: ListedPath[] = [];
  /** For each state, the number of the first path through it. */
  const firstPaths = new Map<number, number>();
  const pending: { readonly from: Position; readonly edge: FlowEdge }[] = [];
  const enter = (position: Position) => {
    for (const edge of [...nodes[position.node]!.edges].reverse()) pending.push({ from: position, edge });
  };
  let listed = 0;
  const finish = ({ edges: all }: Position, end: ListedEnd) => {
    const edges = all.map(toListed);
    listed += edges.reduce((sum, edge) => sum + sizeOf(edge), 0);
    paths.push({ number: paths.length + 1, edges, end });
  };
  enter({ node: 0, edges: [], through: [0] });
  for (let next = pending.pop(); next; next = pending.pop()) {
    if (paths.length >= maxPaths || listed >= maxPaths * LISTED_PER_PATH) return { paths, isComplete: false };
    const { from, edge } = next;
    const position = { ...from, edges: [...from.edges, edge] };
    if (typeof edge.to !== 'number') finish(position, asListed(edge.to, nodes[from.node]!.state));
    else if (from.through.includes(edge.to)) finish(position, { type: 'repeats' });
    else if (firstPaths.has(edge.to)) finish(position, { type: 'joins', path: firstPaths.get(edge.to)! });
    else if (nodes[edge.to]!.edges.length === 0) finish(position, { type: 'cut' });
    else {
      firstPaths.set(edge.to, paths.length + 1);
      enter({ ...position, node: edge.to, through: [...from.through, edge.to] });
    }
  }
  return { paths, isComplete: true };
}

function toListed({ alternatives, visits }: FlowEdge): ListedEdge {
  const more = alternatives.length - MAX_ALTERNATIVES;
  return { alternatives: alternatives.slice(0, MAX_ALTERNATIVES), visits, ...(more > 0 && { more }) };
}

const sizeOf = ({ alternatives, visits }: ListedEdge): number =>
  alternatives.reduce((sum, facts) => sum + facts.length, visits.length);

function asListed(end: PathEnd, state: WalkState | undefined): ListedEnd {
  if (end.type !== 'done') return end;
  const { step, proofs } = state?.login ?? {};
  return { type: 'done', login: step && { step, proofs: proofs ?? [] } };
}

/**
 * Whether the path ends with a wrong answer or a denial. Nearly every step has such paths, so a report may shorten
 * them. Returns false for a stage that can only deny.
 */
export function isEarlyEnd({ edges, end }: ListedPath): boolean {
  const outcome = edges.at(-1)?.visits.at(-1)?.outcome;
  const question = edges.at(-1)?.alternatives[0]?.findLast(({ question: { type } }) => type === 'stage')?.question;
  const isOnlyOutcome = question?.answers.length === 1;
  return (
    (end.type === 'waits' && outcome === 'rejected') ||
    (end.type === 'denied' && outcome === 'denied' && !isOnlyOutcome)
  );
}
