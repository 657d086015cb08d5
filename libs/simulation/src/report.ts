import type { FlowEdge, FlowGraph } from './flow-graph.js';
import { type ListedPath, listPaths } from './path-list.js';
import type { Fact, Factor, PolicyReference, StepReference } from './question.js';
import type { WalkedVersion } from './walk.js';

/** A step that logs in on some paths, after these proofs, with the facts of the shortest such path. */
export interface FoundLogin {
  readonly step: StepReference;
  readonly proofs: readonly Factor[];
  readonly facts: readonly Fact[];
}

/**
 * What a simulation has found. Lists of steps are in the order of the flow, other lists in the order in which the walk
 * has found their entries.
 */
export interface SimulationReport {
  readonly flow: string;
  readonly paths: readonly ListedPath[];
  /** False if there are more paths than those listed. */
  readonly isComplete: boolean;
  /** Steps of the flow that no path reaches. Empty if the walk has reached a limit, because then it is unknown. */
  readonly neverReached: readonly StepReference[];
  /** Steps from which no path leads to the end of the flow. Stages that always deny are not listed. */
  readonly deadEnds: readonly StepReference[];
  /**
   * Logins without a proved credential, except those of users who were logged in before or were created in the flow.
   */
  readonly loginsWithoutFactor: readonly FoundLogin[];
  /** Logins without a second factor, if other paths log in with one. */
  readonly loginsWithoutSecondFactor: readonly FoundLogin[];
  /**
   * Evaluated policies that may set facts or insert steps. Paths with such a policy may in fact continue differently.
   */
  readonly changingPolicies: readonly PolicyReference[];
}

/** Returns the report about the graph of a flow. Lists at most `maxPaths` paths. */
export function reportOf(graph: FlowGraph, walked: WalkedVersion, maxPaths: number): SimulationReport {
  const { paths, isComplete } = listPaths(graph, maxPaths);
  const logins = loginsIn(graph);
  const asksSecond = logins.some(({ proofs }) => proofs.includes('further'));
  return {
    flow: walked.version.flow.slug,
    paths,
    isComplete: isComplete && graph.isComplete,
    neverReached: graph.isComplete ? neverReached(graph, walked) : [],
    deadEnds: graph.isComplete ? deadEnds(graph, walked) : [],
    loginsWithoutFactor: logins.filter(({ proofs }) => proofs.length === 0),
    loginsWithoutSecondFactor: logins.filter(({ proofs }) => asksSecond && !proofs.includes('further')),
    changingPolicies: changingPolicies(graph),
  };
}

/** Returns the ids of the steps whose stage is called on some path. */
export const reachedSteps = ({ nodes }: FlowGraph): ReadonlySet<string> =>
  new Set(nodes.flatMap(({ edges }) => edges.flatMap(askedSteps)).map(({ id }) => id));

const askedSteps = ({ visits }: FlowEdge): StepReference[] =>
  visits.filter(({ outcome }) => outcome !== 'skipped' && outcome !== 'deferred').map(({ step }) => step);

const boundSteps = ({ version }: WalkedVersion): StepReference[] =>
  version.steps.map(({ id, stage }) => ({ id, name: stage.name, stage: stage.id, kind: stage.kind }));

function neverReached(graph: FlowGraph, walked: WalkedVersion): StepReference[] {
  const reached = reachedSteps(graph);
  return boundSteps(walked).filter(({ id }) => !reached.has(id));
}

function deadEnds(graph: FlowGraph, walked: WalkedVersion): StepReference[] {
  const { version, contracts } = walked;
  const open = openNodes(graph);
  const asked = graph.nodes.flatMap(({ edges }, node) =>
    edges.flatMap((edge) => askedSteps(edge).map((step) => ({ step, isOpen: open.has(node) }))),
  );
  return boundSteps(walked).filter(({ id, kind }) => {
    const here = asked.filter(({ step }) => step.id === id);
    return here.length > 0 && !here.some(({ isOpen }) => isOpen) && contracts.find(kind, version)?.ends !== true;
  });
}

function changingPolicies({ nodes }: FlowGraph): PolicyReference[] {
  const found = new Map<string, PolicyReference>();
  const alternatives = nodes.flatMap(({ edges }) => edges.flatMap((edge) => edge.alternatives));
  for (const facts of alternatives)
    for (const { question } of facts)
      if (question.type === 'policy' && question.policy.mayChangePlan) found.set(question.policy.id, question.policy);
  return [...found.values()];
}

/** Returns the numbers of the states from which some path leads to the end of the flow, or to another site. */
function openNodes({ nodes }: FlowGraph): ReadonlySet<number> {
  const before = new Map<number, number[]>();
  const open = new Set<number>();
  for (const [node, { edges }] of nodes.entries()) {
    for (const { to, visits } of edges) {
      if (typeof to === 'number') before.set(to, pushed(before.get(to), node));
      else if (to.type === 'done' || visits.at(-1)?.outcome === 'left') open.add(node);
    }
  }
  // Iterating over a Set includes the members that are added during the iteration, so this visits all earlier states.
  for (const node of open) for (const earlier of before.get(node) ?? []) open.add(earlier);
  return open;
}

/** Appends to the list in place. Copying would be slow, because a state may have thousands of predecessors. */
function pushed(list: number[] = [], item: number): number[] {
  list.push(item);
  return list;
}

/**
 * Returns the logins of users who were neither logged in before nor created in the flow, each with the facts of the
 * shortest path to it. Logins at the same step after the same proofs are one entry.
 */
function loginsIn(graph: FlowGraph): FoundLogin[] {
  const facts = shortestFacts(graph);
  const found = new Map<string, FoundLogin>();
  for (const [node, { state }] of graph.nodes.entries()) {
    const { login } = state ?? {};
    if (!login || login.isKnown) continue;
    const key = JSON.stringify([login.step.id, login.proofs]);
    if (!found.has(key)) found.set(key, { step: login.step, proofs: login.proofs, facts: facts.get(node) ?? [] });
  }
  return [...found.values()];
}

/** Returns the facts of the shortest path to each state (breadth-first search). */
function shortestFacts({ nodes }: FlowGraph): ReadonlyMap<number, readonly Fact[]> {
  const facts = new Map<number, readonly Fact[]>([[0, []]]);
  // Iterating over a Map includes the entries that are added during the iteration, in the order of insertion.
  for (const [node, before] of facts) {
    for (const { to, alternatives } of nodes[node]!.edges) {
      if (typeof to === 'number' && !facts.has(to)) facts.set(to, [...before, ...(alternatives[0] ?? [])]);
    }
  }
  return facts;
}
