import type { Translate } from '@gatehouse/texts/browser';
import type { SimulatedCondition, SimulatedEnd, SimulationFinding } from './flow-simulation.js';

/** Returns a condition of a path in words. */
export function conditionText(condition: SimulatedCondition, t: Translate): string {
  const { answer } = condition;
  const isYes = answer === 'yes';
  switch (condition.type) {
    case 'visitor':
      return visitorText(answer, t);
    case 'recent_login':
      return isYes ? t('login is recent') : t('login is not recent');
    case 'policy':
      return policyText(condition.name, answer, t);
    case 'group':
      return isYes
        ? t('in the group {name}', { name: condition.name })
        : t('not in the group {name}', { name: condition.name });
    case 'user':
      return isYes
        ? t('is the user {name}', { name: condition.name })
        : t('is not the user {name}', { name: condition.name });
    case 'stage':
      return `${condition.name}: ${outcomeText(answer, t)}`;
  }
}

const visitorText = (visitor: string, t: Translate): string =>
  ({ anonymous: t('anonymous'), logged_in: t('logged in'), superuser: t('superuser'), outpost: t('outpost') })[
    visitor
  ] ?? visitor;

function policyText(name: string, answer: string, t: Translate): string {
  if (answer === 'pass') return t('policy {name} passes', { name });
  return answer === 'fail' ? t('policy {name} fails', { name }) : t('policy {name} cannot decide', { name });
}

const INSERT = 'insert ';

/** Returns the outcome of a stage in words. */
export function outcomeText(outcome: string, t: Translate): string {
  if (outcome.startsWith(INSERT)) return t('inserts {name}', { name: outcome.slice(INSERT.length) });
  const texts: Readonly<Record<string, string>> = {
    passed: t('passed'),
    without_credential: t('passed without a credential'),
    skipped: t('skipped'),
    deferred: t('waits for a proof'),
    rejected: t('refused answer'),
    denied: t('denied'),
    left: t('leads to another site'),
  };
  return texts[outcome] ?? outcome;
}

/** Returns the end of a path in words. */
export function endText(end: SimulatedEnd, t: Translate): string {
  switch (end.type) {
    case 'done':
      return end.login ? loginText(end.login, t) : t('End of the flow');
    case 'denied':
      return denialText(end.reason, t);
    case 'refused':
      return end.by === 'policies' ? t('refused by the policies of the flow') : t('the flow is not for this visitor');
    case 'joins':
      return t('continues like path {number}', { number: end.path });
    case 'waits':
      return t('waits');
    case 'repeats':
      return t('back to an earlier state');
    case 'cut':
      return '…';
  }
}

function loginText(factors: readonly string[], t: Translate): string {
  if (factors.length > 1) return t('logged in with a first and a second factor');
  if (factors.length === 0) return t('logged in without a factor');
  return factors[0] === 'first' ? t('logged in with a first factor') : t('logged in with a second factor');
}

function denialText(reason: Extract<SimulatedEnd, { type: 'denied' }>['reason'], t: Translate): string {
  return {
    stage: t('denied'),
    restarts: t('denied: restarted too often'),
    proof_required: t('denied: a proof is missing'),
    next_invalid: t('denied: the destination is invalid'),
  }[reason];
}

/** Returns a finding in words. */
export function findingText(finding: SimulationFinding, t: Translate): string {
  switch (finding.type) {
    case 'never_reached':
      return t('{step} is never reached.', { step: finding.step });
    case 'dead_end':
      return t('{step} is a dead end: no path leads from it to the end of the flow.', { step: finding.step });
    case 'vanishing':
      return t('{step} vanishes when its policies cannot decide.', { step: finding.step });
    case 'changing_policy':
      return t(
        'The policy {name} may set facts or insert steps, which is not simulated. Paths with it may go on otherwise.',
        { name: finding.policy },
      );
    default:
      return loginFindingText(finding, t);
  }
}

function loginFindingText(
  { type, step, conditions }: Extract<SimulationFinding, { conditions: unknown }>,
  t: Translate,
): string {
  const values = { step, conditions: conditions.map((condition) => conditionText(condition, t)).join('; ') };
  if (type === 'login_without_factor') return t('{step} logs users in without any factor ({conditions}).', values);
  if (type === 'login_while_undecided')
    return t('While policies cannot decide, {step} logs users in without any factor ({conditions}).', values);
  return t('{step} logs users in without the second factor that other paths ask for ({conditions}).', values);
}
