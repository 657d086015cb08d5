import { branches } from './branches.js';
import { isEnd, type PathEnd } from './path-end.js';
import type { Fact, Oracle } from './question.js';
import { FlowWalker, type Visit, type WalkedVersion } from './walk.js';
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
  /** False if there are more states than `maxStates`. The nodes at the limit have no edges. */
  readonly isComplete: boolean;
}

/** Number of states that a walk visits at most, unless its caller says otherwise. */
export const MAX_STATES = 20_000;

interface WalkOptions extends WalkedVersion {
  readonly oracle: Oracle;
  readonly maxStates?: number | undefined;
}

interface PendingNode {
  readonly id: number;
  readonly state: WalkState | undefined;
  readonly history: readonly Fact[];
}

/** Walks all paths of a flow version that the oracle follows, in a deterministic order. */
export function walkFlow({ oracle, maxStates = MAX_STATES, ...walked }: WalkOptions): FlowGraph {
  const walker = new FlowWalker(walked);
  const nodes: { state: WalkState | undefined; edges: FlowEdge[] }[] = [{ state: undefined, edges: [] }];
  const ids = new Map<string, number>();
  const pending: PendingNode[] = [{ id: 0, state: undefined, history: [] }];
  let isComplete = true;
  for (const { id, state, history } of pending) {
    const moves = branches((ask) => (state ? walker.move(state, ask) : walker.start(ask)), oracle, history);
    const edges = new Map<string, FlowEdge & { alternatives: (readonly Fact[])[] }>();
    for (const { facts, result } of moves) {
      const to = isEnd(result.to) ? result.to : reach(result.to, [...history, ...facts]);
      const key = JSON.stringify([to, result.visits]);
      const edge = edges.get(key) ?? { alternatives: [], visits: result.visits, to };
      edge.alternatives.push(facts);
      edges.set(key, edge);
    }
    nodes[id]!.edges = [...edges.values()];
  }
  return { nodes, isComplete };

  function reach(state: WalkState, history: readonly Fact[]): number {
    const key = stateKey(state, walked, oracle.positionOf?.(history) ?? '');
    const known = ids.get(key);
    if (known !== undefined) return known;
    const id = nodes.push({ state, edges: [] }) - 1;
    ids.set(key, id);
    if (id < maxStates) pending.push({ id, state, history });
    else isComplete = false;
    return id;
  }
}
