import type { Rule } from './finding.js';
import type { LintedFlow, LintedStep } from './linted-flow.js';

/** What a rule says of an object. */
export interface LintRemark {
  readonly rule: Rule;
  /** The id of the object that it is about. */
  readonly about: string;
  readonly text: string;
}

/** Flows of these designations may have nothing to ask. */
const MAY_BE_EMPTY: readonly unknown[] = ['authorization', 'stage_configuration'];
/** Flows of these designations let people in who are not known yet. */
const LOGIN_DESIGNATIONS: readonly unknown[] = ['authentication', 'recovery'];
/** Whoever enters such a flow is known already. */
const AUTHENTICATED_REQUIREMENTS: readonly unknown[] = ['require_authenticated', 'require_superuser'];

/** What is wrong with a flow, or may be. */
export const flowRemarks = (flow: LintedFlow): LintRemark[] => [
  ...emptiness(flow),
  ...ends(flow),
  ...logins(flow),
  ...flow.steps.flatMap(skippedProofs),
  ...sameOrders(flow),
];

function emptiness({ flow, steps }: LintedFlow): LintRemark[] {
  if (steps.length > 0 || MAY_BE_EMPTY.includes(flow.values['designation'])) return [];
  return [{ rule: 'empty-flow', about: flow.id, text: 'no stage is bound to this flow, so it ends where it begins' }];
}

/** Nobody gets past a stage that ends the flow for everybody. */
function ends({ steps }: LintedFlow): LintRemark[] {
  const at = steps.findIndex(({ contract, conditions }) => contract?.ends === true && conditions.length === 0);
  const end = steps[at];
  if (!end) return [];
  const text = `${nameOf(end)} refuses everybody: no policy is bound to its place`;
  const beyond = steps.slice(at + 1).map((step) => ({
    rule: 'unreachable-stage' as const,
    about: step.binding.id,
    text: `${nameOf(step)} is never reached, ${nameOf(end)} before it ends the flow for everybody`,
  }));
  return [{ rule: 'unconditional-deny', about: end.binding.id, text }, ...beyond];
}

/** A login must have been earned before it. */
function logins({ flow, steps, conditions }: LintedFlow): LintRemark[] {
  const { designation, authentication } = flow.values;
  if (!LOGIN_DESIGNATIONS.includes(designation) || AUTHENTICATED_REQUIREMENTS.includes(authentication)) return [];
  const at = steps.findIndex(({ contract }) => contract?.effects.includes('login'));
  const login = steps[at];
  if (!login || steps.slice(0, at).some(mayProve)) return [];
  const rule = conditions.length > 0 ? 'login-by-policy-only' : 'login-without-credential';
  const but = conditions.length > 0 ? '; only the policies of the flow keep strangers out' : '';
  return [
    {
      rule,
      about: login.binding.id,
      text: `${nameOf(login)} logs in whoever comes here, without any credential${but}`,
    },
  ];
}

/** What is not in the files, or not of the house, may prove something. */
const mayProve = ({ contract, proofs }: LintedStep) =>
  contract === undefined || proofs.some(({ otherwise }) => otherwise === 'refused');

function skippedProofs({ binding, proofs, conditions, ...step }: LintedStep): LintRemark[] {
  const further = proofs.filter(({ factor }) => factor === 'further');
  const name = nameOf({ binding, proofs, conditions, ...step });
  const remarks: LintRemark[] = [];
  if (further.some(({ otherwise }) => otherwise === 'let_in')) {
    const text = `${name} lets those pass who have nothing to prove themselves with`;
    remarks.push({ rule: 'mfa-skippable', about: binding.id, text });
  }
  if (further.length > 0 && conditions.length > 0) {
    const text = `${name} is asked only of those for whom its policies say yes`;
    remarks.push({ rule: 'mfa-conditional', about: binding.id, text });
  }
  return remarks;
}

function sameOrders({ steps }: LintedFlow): LintRemark[] {
  return steps.flatMap((step, i) => {
    const before = steps[i - 1];
    if (before?.order !== step.order) return [];
    const text = `${nameOf(before)} and ${nameOf(step)} have the same order ${step.order}, so their ids decide`;
    return [{ rule: 'same-order' as const, about: step.binding.id, text }];
  });
}

const nameOf = ({ stage }: LintedStep) =>
  stage ? `the stage ${String(stage.values['name'])}` : 'a stage from elsewhere';
