import { escapeUnprintable, printableJson } from '@gatehouse/contracts';
import {
  type Fact,
  type FoundLogin,
  isEarlyEnd,
  type ListedPath,
  loginsWhileUndecided,
  type PolicyReference,
  type Simulation,
  type SimulationReport,
  type StepReference,
} from '@gatehouse/simulation';

type GroupNames = ReadonlyMap<string, string>;

/**
 * Returns a simulation as text: the paths that reach the end of the flow, the steps at which other paths end, and the
 * findings.
 */
export function simulationText(simulation: Simulation, names: GroupNames): string {
  const { paths, isComplete, policiesAway } = simulation;
  const [early, others] = [paths.filter(isEarlyEnd), paths.filter((path) => !isEarlyEnd(path))];
  const findings = [
    ...findingLines(simulation, names),
    ...policiesAway.vanishing.map((step) => `${nameOf(step)} vanishes when its policies cannot decide`),
    ...loginsWhileUndecided(simulation).map((login) => awayLine(login, names)),
    ...simulation.changingPolicies.map(changeLine),
  ];
  const lines = [
    `Flow ${simulation.flow}: ${paths.length} paths${isComplete ? '' : ', and more: the simulation stopped at its limit'}`,
    '',
    ...others.map((path) => pathLine(path, names)),
    ...endLines('Asks again', early, 'waits'),
    ...endLines('May deny', early, 'denied'),
    '',
    ...(findings.length > 0 ? findings : ['No findings.']),
  ];
  return lines.map(escapeUnprintable).join('\n').trimEnd();
}

function endLines(title: string, early: readonly ListedPath[], type: 'waits' | 'denied'): string[] {
  const steps = early.flatMap(({ end }) => (end.type === type && end.step ? [end.step.name] : []));
  return steps.length === 0 ? [] : [`${title}: ${[...new Set(steps)].join(', ')}`];
}

function pathLine(path: ListedPath, names: GroupNames): string {
  const parts = path.edges.flatMap(({ alternatives, visits, more }) => {
    const conditions = alternatives
      .map((facts) => conditionsOf(facts, names).join(' and '))
      .filter((text) => text !== '')
      .concat(more === undefined ? [] : [`${more} more combinations`]);
    const steps = visits.map(({ step, outcome }) =>
      outcome === 'passed' ? step.name : `${step.name}: ${wordsOf(outcome)}`,
    );
    return [...(conditions.length > 0 ? [`[${conditions.join(', or ')}]`] : []), ...steps];
  });
  return `${String(path.number).padStart(4)}  ${[...parts, endText(path)].join(' → ')}`;
}

const WORDS: Readonly<Record<string, string>> = {
  without_credential: 'passed without a credential',
  deferred: 'waits for a proof',
  left: 'leads to another site',
};
const wordsOf = (outcome: string) => WORDS[outcome] ?? outcome;

function endText({ end }: ListedPath): string {
  switch (end.type) {
    case 'done':
      return end.login ? `done, logged in with ${factors(end.login.proofs)}` : 'done';
    case 'denied':
      return `denied${end.reason === 'restarts' ? ', restarted too often' : end.reason === 'proof_required' ? ', a proof is missing' : ''}`;
    case 'refused':
      return end.by === 'policies'
        ? 'refused by the policies of the flow'
        : 'refused: the flow is not for this visitor';
    case 'waits':
      return 'waits';
    case 'joins':
      return `continues like path ${end.path}`;
    case 'repeats':
      return 'back to an earlier state';
    case 'cut':
      return '…';
  }
}

const factors = (proofs: readonly string[]) =>
  proofs.length === 0
    ? 'no factor'
    : proofs.map((proof) => (proof === 'first' ? 'a first' : 'a second')).join(' and ') + ' factor';

function conditionsOf(facts: readonly Fact[], names: GroupNames): string[] {
  return facts.flatMap(({ question, answer }) => {
    switch (question.type) {
      case 'visitor':
        return [
          { anonymous: 'anonymous', logged_in: 'logged in', superuser: 'superuser', outpost: 'outpost' }[answer] ??
            answer,
        ];
      case 'recent_login':
        return [answer === 'yes' ? 'login is recent' : 'login is not recent'];
      case 'policy':
        return [`policy ${question.policy.name}: ${answer}`];
      case 'group':
        return [`${answer === 'yes' ? 'in' : 'not in'} the group ${names.get(question.id) ?? question.id}`];
      case 'user':
        return [`${answer === 'yes' ? 'is' : 'is not'} the user ${question.id}`];
      case 'stage':
        return [];
    }
  });
}

function findingLines(report: SimulationReport, names: GroupNames): string[] {
  return [
    ...report.loginsWithoutFactor.map((login) => loginLine('without any factor', login, names)),
    ...report.loginsWithoutSecondFactor
      .filter(({ proofs }) => proofs.length > 0)
      .map((login) => loginLine('without the second factor that other paths ask for', login, names)),
    ...report.neverReached.map((step) => `${nameOf(step)} is never reached`),
    ...report.deadEnds.map((step) => `${nameOf(step)} is a dead end: no path leads from it to the end of the flow`),
  ];
}

const changeLine = ({ name }: PolicyReference) =>
  `The policy ${name} may set facts or insert steps, which is not simulated: paths with it may go on otherwise`;

const awayLine = (login: FoundLogin, names: GroupNames) =>
  `While policies cannot decide: ${loginLine('without any factor', login, names)}`;

function loginLine(how: string, { step, facts }: FoundLogin, names: GroupNames): string {
  const outcomes = facts.flatMap(({ question, answer }) =>
    question.type === 'stage' && answer !== 'passed'
      ? [`${question.step.name}: ${wordsOf(answer)}`]
      : conditionsOf([{ question, answer }], names),
  );
  return `${nameOf(step)} logs users in ${how} (${outcomes.join('; ')})`;
}

const nameOf = ({ name }: StepReference) => `the stage ${name}`;

/** Returns a simulation as JSON, without the made-up replies of stages. */
export function simulationToJson(simulation: Simulation, names: GroupNames): string {
  const plainFact = ({ question, answer }: Fact) => {
    const { type } = question;
    if (question.type === 'stage') return { type, step: question.step.id, name: question.step.name, answer };
    if (question.type === 'policy')
      return { type, step: question.step?.id ?? null, id: question.policy.id, name: question.policy.name, answer };
    return 'id' in question
      ? { type, id: question.id, name: names.get(question.id) ?? null, answer }
      : { type, answer };
  };
  const isFact = (value: unknown): value is Fact => typeof value === 'object' && value !== null && 'question' in value;
  return printableJson(simulation, (_key, value) => (isFact(value) ? plainFact(value) : value));
}
