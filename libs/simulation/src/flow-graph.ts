import { type Ask, branches } from './branches.js';
import { isEnd, type PathEnd } from './path-end.js';
import type { Fact, Oracle } from './question.js';
import { FlowWalker, type Visit, type WalkedVersion } from './walk.js';
import { runToEnd, WalkBudget, type WalkLimits } from './walk-budget.js';
import { stateKey, type WalkState } from './walk-state.js';

/** A transition from one state to the next, or to the end of a path. */
export interface FlowEdge {
  /** The combinations of facts that lead to this transition. Examples use the first one. */
  readonly alternatives: readonly (readonly Fact[])[];
  readonly visits: readonly Visit[];
  /** Number of the next state (its index in `nodes`), or the end of the path. */
  readonly to: number | PathEnd;
}

/** A state that a path reaches, with its outgoing transitions. */
export interface FlowNode {
  /** The state; `undefined` for the start, before the flow is planned. */
  readonly state: WalkState | undefined;
  readonly edges: readonly FlowEdge[];
}

/** All paths of a flow, as a graph. Equal states are one node, so paths may join and may have loops. */
export interface FlowGraph {
  /** The nodes by their number. The first one is the start. */
  readonly nodes: readonly FlowNode[];
  /** False if the walk has reached one of its limits. Then some nodes lack transitions. */
  readonly isComplete: boolean;
}

/** Options of a walk through a flow. */
export interface WalkOptions extends WalkedVersion, WalkLimits {
  readonly oracle: Oracle;
}

interface PendingNode {
  readonly id: number;
  readonly state: WalkState | undefined;
  readonly history: readonly Fact[];
}

/**
 * Returns the graph of all paths of a flow version, with the answers that the oracle allows. The order is
 * deterministic.
 */
export const walkFlow = (options: WalkOptions): FlowGraph => runToEnd(walkInSlices(options));

/** Does the same as `walkFlow` as a generator, which yields after each branch so that the caller can do other work. */
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

/** Adds a combination of facts to the transition with this target and these visits. */
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
