import type { FlowEdge, FlowGraph } from './flow-graph.js';
import type { PathEnd } from './path-end.js';
import type { Factor, StepReference } from './question.js';
import type { WalkState } from './walk-state.js';

/** How a listed path ends. */
export type ListedEnd =
  | Exclude<PathEnd, { readonly type: 'done' }>
  /** `login`: the step that logged the user in, and the factors that were proved before. */
  | {
      readonly type: 'done';
      readonly login: { readonly step: StepReference; readonly proofs: readonly Factor[] } | undefined;
    }
  /** From here on, the path is like the path with this number. */
  | { readonly type: 'joins'; readonly path: number }
  /** The path is back at a state that it had before. */
  | { readonly type: 'repeats' }
  /** The walk ended here, because it had reached its largest number of states. */
  | { readonly type: 'cut' };

/** Number of combinations of facts that a listed edge has at most. */
const MAX_ALTERNATIVES = 20;
/** Facts and visits of steps that a list has for each of its paths on average, so that its size is bounded. */
const LISTED_PER_PATH = 100;

/** An edge of a listed path. */
export interface ListedEdge extends Omit<FlowEdge, 'to'> {
  /** Number of further combinations of facts that lead along this edge. Absent if there are none. */
  readonly more?: number;
}

/** A path, from the start of the flow or from where it leaves an earlier path. */
export interface ListedPath {
  /** Number from 1. */
  readonly number: number;
  readonly edges: readonly ListedEdge[];
  readonly end: ListedEnd;
}

/** The paths of a flow, and whether there are more. */
export interface PathList {
  readonly paths: readonly ListedPath[];
  readonly isComplete: boolean;
}

interface Position {
  readonly node: number;
  readonly edges: readonly FlowEdge[];
  /** The states of the path so far. */
  readonly through: readonly number[];
}

/**
 * Lists the paths of a flow, each from the start to its end. A path that reaches a state of an earlier path ends there,
 * so that the list grows with the number of steps, not with the number of combinations.
 */
export function listPaths({ nodes }: FlowGraph, maxPaths: number): PathList {
  const paths: ListedPath[] = [];
  /** Number of the first path through each state. */
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
 * Whether a wrong answer or a denial has ended the path. Nearly every step has such paths, so they are listed by step. A
 * stage that can do nothing else is an end of its own.
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
