import { escapeUnprintable } from '@gatehouse/contracts';
import {
  type Fact,
  type FoundLogin,
  isEarlyEnd,
  type ListedPath,
  loginsWhileUndecided,
  type Simulation,
} from '@gatehouse/simulation';
import type { SimulatedCondition, SimulatedPath, SimulationFinding, VersionSimulation } from '@gatehouse/web';

type Names = ReadonlyMap<string, string>;
type PathPart = SimulatedPath['parts'][number];

/** Largest number of alternative conditions that the page shows for one section of a path. */
const MAX_ALTERNATIVES = 5;

/** Returns a simulation for the page of a flow. `names` has the names of groups and users by id. */
export function presentSimulation(number: number, simulation: Simulation, names: Names): VersionSimulation {
  const { paths, isComplete } = simulation;
  const early = paths.filter(isEarlyEnd);
  const stepsWith = (type: 'waits' | 'denied') => [
    ...new Set(early.flatMap(({ end }) => (end.type === type && end.step ? [escapeUnprintable(end.step.name)] : []))),
  ];
  return {
    ...{ version: number, isComplete, findings: findingsOf(simulation, names) },
    paths: paths.filter((path) => !isEarlyEnd(path)).map((path) => presentPath(path, names)),
    ...{ asksAgain: stepsWith('waits'), mayDeny: stepsWith('denied') },
  };
}

function findingsOf(simulation: Simulation, names: Names): SimulationFinding[] {
  const { loginsWithoutFactor, loginsWithoutSecondFactor, neverReached, deadEnds, policiesAway } = simulation;
  const login =
    (type: Extract<SimulationFinding, { conditions: unknown }>['type']) =>
    ({ step, facts }: FoundLogin): SimulationFinding => ({
      ...{ type, step: escapeUnprintable(step.name) },
      conditions: facts.flatMap((fact) => conditionOf(fact, names, { withOutcomes: true })),
    });
  const step =
    (type: 'never_reached' | 'dead_end' | 'vanishing') =>
    ({ name }: { readonly name: string }): SimulationFinding => ({ type, step: escapeUnprintable(name) });
  return [
    ...loginsWithoutFactor.map(login('login_without_factor')),
    ...loginsWithoutSecondFactor.filter(({ proofs }) => proofs.length > 0).map(login('login_without_second_factor')),
    ...neverReached.map(step('never_reached')),
    ...deadEnds.map(step('dead_end')),
    ...policiesAway.vanishing.map(step('vanishing')),
    ...loginsWhileUndecided(simulation).map(login('login_while_undecided')),
    ...simulation.changingPolicies.map(
      ({ name }): SimulationFinding => ({ type: 'changing_policy', policy: escapeUnprintable(name) }),
    ),
  ];
}

function presentPath({ number, edges, end }: ListedPath, names: Names): SimulatedPath {
  const parts = edges.flatMap(({ alternatives, more = 0, visits }): PathPart[] => [
    ...conditionsOf(alternatives, more, names),
    ...visits.map(({ step, outcome }) => ({
      type: 'step' as const,
      name: escapeUnprintable(step.name),
      outcome: escapeUnprintable(outcome),
    })),
  ]);
  return { number, parts, end: presentEnd(end) };
}

function conditionsOf(alternatives: readonly (readonly Fact[])[], more: number, names: Names): PathPart[] {
  const shown = alternatives
    .slice(0, MAX_ALTERNATIVES)
    .map((facts) => facts.flatMap((fact) => conditionOf(fact, names)))
    .filter((conditions) => conditions.length > 0);
  if (shown.length === 0) return [];
  return [{ type: 'conditions', alternatives: shown, isCut: alternatives.length + more > MAX_ALTERNATIVES }];
}

function presentEnd(end: ListedPath['end']): SimulatedPath['end'] {
  switch (end.type) {
    case 'done':
      return { type: 'done', ...(end.login && { login: end.login.proofs }) };
    case 'denied':
      return { type: 'denied', reason: end.reason };
    case 'waits':
      return { type: 'waits' };
    default:
      return end;
  }
}

/**
 * Returns the condition that a fact expresses, if any. The outcome of a stage counts as a condition only with
 * `withOutcomes`, and only if it is not `passed`.
 */
function conditionOf({ question, answer }: Fact, names: Names, { withOutcomes = false } = {}): SimulatedCondition[] {
  switch (question.type) {
    case 'visitor':
    case 'recent_login':
      return [{ type: question.type, answer }];
    case 'policy':
      return [{ type: 'policy', name: escapeUnprintable(question.policy.name), answer }];
    case 'group':
    case 'user':
      return [{ type: question.type, name: escapeUnprintable(names.get(question.id) ?? question.id), answer }];
    case 'stage': {
      if (!withOutcomes || answer === 'passed') return [];
      return [{ type: 'stage', name: escapeUnprintable(question.step.name), answer: escapeUnprintable(answer) }];
    }
  }
}
