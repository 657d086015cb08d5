import { type Ask, branches } from './branches.js';
import { isEnd, type PathEnd } from './path-end.js';
import type { Fact, Oracle } from './question.js';
import { FlowWalker, type Visit, type WalkedVersion } from './walk.js';
import { runToEnd, WalkBudget, type WalkLimits } from './walk-budget.js';
import { stateKey, type WalkState } from './walk-state.js';

/** A way from one state to the next, or to an end. */
export interface FlowEdge {
  /** The combinations of facts that lead along this edge. The first one stands for all in examples. */
  readonly alternatives: readonly (readonly Fact[])[];
  readonly visits: readonly Visit[];
  /** Number of the next state, or the end. */
  readonly to: number | PathEnd;
}

/** A state that paths reach, with the ways that lead on. */
export interface FlowNode {
  /** `undefined` before the flow is planned. */
  readonly state: WalkState | undefined;
  readonly edges: readonly FlowEdge[];
}

/** All paths of a flow. Equal states are merged, so that a path may join another one or return to itself. */
export interface FlowGraph {
  /** The first node is the start. */
  readonly nodes: readonly FlowNode[];
  /** False if the walk has reached one of its limits. Nodes at a limit lack edges. */
  readonly isComplete: boolean;
}

/** What a walk needs. */
export interface WalkOptions extends WalkedVersion, WalkLimits {
  readonly oracle: Oracle;
}

interface PendingNode {
  readonly id: number;
  readonly state: WalkState | undefined;
  readonly history: readonly Fact[];
}

/** Walks all paths of a flow version that the oracle follows, in a deterministic order. */
export const walkFlow = (options: WalkOptions): FlowGraph => runToEnd(walkInSlices(options));

/** Walks as `walkFlow` does. Yields after each branch, so that the caller can do other work in between. */
export function* walkInSlices({ oracle, ...walked }: WalkOptions): Generator<undefined, FlowGraph> {
  const walker = new FlowWalker(walked);
  const budget = new WalkBudget(walked);
  const nodes: { state: WalkState | undefined; edges: FlowEdge[] }[] = [{ state: undefined, edges: [] }];
  const ids = new Map<string, number>();
  const pending: PendingNode[] = [{ id: 0, state: undefined, history: [] }];
  for (const { id, state, history } of pending) {
    const move = (ask: Ask) => (state ? walker.move(state, ask) : walker.start(ask));
    const moves = yield* branches(move, { oracle, history, budget });
    const edges = new Map<string, FlowEdge & { alternatives: (readonly Fact[])[] }>();
    for (const { facts, result } of moves) {
      const { to, visits } = result;
      addTo(edges, { visits, to: isEnd(to) ? to : reach(to, [...history, ...facts]) }, facts);
      yield;
    }
    nodes[id]!.edges = [...edges.values()];
  }
  return { nodes, isComplete: budget.isEnough };

  function reach(state: WalkState, history: readonly Fact[]): number {
    const key = stateKey(state, walked, oracle.positionOf?.(history) ?? '');
    const known = ids.get(key);
    if (known !== undefined) return known;
    const id = nodes.push({ state, edges: [] }) - 1;
    ids.set(key, id);
    if (budget.admitsState(id)) pending.push({ id, state, history });
    return id;
  }
}

/** Adds a combination of facts to the edge that it leads along. */
function addTo(
  edges: Map<string, FlowEdge & { alternatives: (readonly Fact[])[] }>,
  { to, visits }: Pick<FlowEdge, 'to' | 'visits'>,
  facts: readonly Fact[],
): void {
  const key = JSON.stringify([to, visits]);
  const edge = edges.get(key);
  if (edge) edge.alternatives.push(facts);
  else edges.set(key, { alternatives: [facts], visits, to });
}
