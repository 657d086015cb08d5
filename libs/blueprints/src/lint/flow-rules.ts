import type { Rule } from './finding.js';
import type { LintedFlow, LintedStep } from './linted-flow.js';

/** A violation of a rule by an object, not yet located in a file. */
export interface LintRemark {
  readonly rule: Rule;
  /** The id of the object that violates the rule. */
  readonly objectId: string;
  readonly text: string;
}

/** Designation of login flows. */
export const LOGIN_DESIGNATION = 'authentication';
/** Designations of flows that may have no stages. */
const MAY_BE_EMPTY: readonly unknown[] = ['authorization', 'stage_configuration', 'invalidation'];
/** Designations of flows that log in users who are not authenticated yet. */
const LOGIN_DESIGNATIONS: readonly unknown[] = [LOGIN_DESIGNATION, 'recovery'];
/** `authentication` values of flows that only authenticated users, or users with a link that names them, can enter. */
const PROVING_REQUIREMENTS: readonly unknown[] = ['require_authenticated', 'require_superuser', 'require_token'];

/** Returns the rule violations of a flow. */
export const flowRemarks = (flow: LintedFlow): LintRemark[] => [
  ...emptyFlow(flow),
  ...unreachableStages(flow),
  ...unprotectedLogin(flow),
  ...flow.steps.flatMap(skippableFactors),
  ...devicesBeforeProof(flow),
  ...sameOrders(flow),
  ...shadowOnly(flow),
];

function emptyFlow({ flow, steps }: LintedFlow): LintRemark[] {
  if (steps.length > 0 || MAY_BE_EMPTY.includes(flow.values['designation'])) return [];
  return [
    {
      rule: 'empty-flow',
      objectId: flow.id,
      text: 'no stage is bound to this flow, so it ends immediately. Bind a stage to it',
    },
  ];
}

/** Returns a remark if an unconditional stage ends the flow, so that no user reaches the stages after it. */
function unreachableStages({ steps }: LintedFlow): LintRemark[] {
  const at = steps.findIndex(({ contract, conditions }) => contract?.ends === true && conditions.length === 0);
  const end = steps[at];
  if (!end) return [];
  const text = `${nameOf(end)} denies every user, because no policy is bound to its binding`;
  const unreachable = steps.slice(at + 1).map((step) => ({
    rule: 'unreachable-stage' as const,
    objectId: step.binding.id,
    text: `${nameOf(step)} is unreachable: ${nameOf(end)} before it ends the flow for every user`,
  }));
  return [{ rule: 'unconditional-deny', objectId: end.binding.id, text }, ...unreachable];
}

/** Returns whether the flow logs users in who are not authenticated yet. */
export const logsAnonymousIn = (linted: LintedFlow): boolean => admitsAnonymous(linted) && linted.steps.some(logsIn);

const admitsAnonymous = ({ flow }: LintedFlow) =>
  LOGIN_DESIGNATIONS.includes(flow.values['designation']) &&
  !PROVING_REQUIREMENTS.includes(flow.values['authentication']);

const logsIn = ({ contract }: LintedStep) => contract?.effects.includes('login') === true;

/** Returns a remark for a stage that logs the user in without a stage before it that verifies a credential. */
function unprotectedLogin(linted: LintedFlow): LintRemark[] {
  if (!logsAnonymousIn(linted)) return [];
  const { steps } = linted;
  const at = steps.findIndex(logsIn);
  const login = steps[at];
  const before = steps.slice(0, at);
  if (!login || before.some(mayProve)) return [];
  const restriction = restrictionOf(linted, before);
  return [
    {
      rule: restriction ? 'login-by-policy-only' : 'login-without-credential',
      objectId: login.binding.id,
      text: `${nameOf(login)} logs users in without any credential. ${restriction ?? adviceFor(before)}`,
    },
  ];
}

/** Returns what restricts the users who can log in after steps that prove nothing; undefined if nothing does. */
function restrictionOf({ flow, conditions }: LintedFlow, before: readonly LintedStep[]): string | undefined {
  if (conditions.length > 0) return 'Only the policies of the flow restrict who logs in';
  // With this requirement, the user can be the one whom the previous flow has proved, unless a stage lets the visitor
  // name a user.
  const namesUser = before.some(({ contract }) => contract?.identifies === 'by_name');
  if (flow.values['authentication'] !== 'require_redirect' || namesUser) return undefined;
  return 'Only the flows that redirect to this one can ask for it';
}

/** Returns what to do about a login after steps that prove nothing. */
function adviceFor(steps: readonly LintedStep[]): string {
  const external = steps.find(({ stage, contract }) => stage && !contract);
  const trust = external ? `If ${nameOf(external)} verifies one, set its trusts_proof to true. Otherwise add` : 'Add';
  return `${trust} a stage before it that verifies one`;
}

/** Returns whether a step may verify a credential. Returns true for a stage that is not in the files. */
const mayProve = ({ stage, proofs }: LintedStep) =>
  stage === undefined || proofs.some(({ if_missing }) => if_missing === 'refused');

function skippableFactors({ binding, proofs, conditions, ...step }: LintedStep): LintRemark[] {
  const further = proofs.filter(({ factor }) => factor === 'further');
  const name = nameOf({ binding, proofs, conditions, ...step });
  const remarks: LintRemark[] = [];
  if (further.some(({ if_missing }) => if_missing === 'let_in')) {
    const text = `${name} lets users pass who have no device for it`;
    remarks.push({ rule: 'mfa-skippable', objectId: binding.id, text });
  }
  if (further.length > 0 && conditions.length > 0) {
    const text = `${name} is skipped for users whom its policies do not match`;
    remarks.push({ rule: 'mfa-conditional', objectId: binding.id, text });
  }
  return remarks;
}

/**
 * Returns a remark for the first stage that asks for a device before the visitor has proved anything but a name. An
 * unknown name has no devices, so the stage would reveal to anonymous visitors which users exist.
 */
function devicesBeforeProof(linted: LintedFlow): LintRemark[] {
  if (!admitsAnonymous(linted)) return [];
  const at = linted.steps.findIndex(({ proofs }) => proofs.some(({ factor }) => factor === 'further'));
  const [step, before] = [linted.steps[at], linted.steps.slice(0, at)];
  if (!step || before.some(mayProve) || !before.some(({ contract }) => contract?.identifies === 'by_name')) return [];
  const text = `${nameOf(step)} reveals to anonymous visitors which users exist, and their devices. Bind it after a stage that verifies a password or an address`;
  return [{ rule: 'devices-before-proof', objectId: step.binding.id, text }];
}

function sameOrders({ steps }: LintedFlow): LintRemark[] {
  return steps.flatMap((step, i) => {
    const before = steps[i - 1];
    if (before?.order !== step.order) return [];
    const text = `${nameOf(before)} and ${nameOf(step)} have the same order ${step.order}, so the ids of their bindings decide which runs first`;
    return [{ rule: 'same-order' as const, objectId: step.binding.id, text }];
  });
}

/** Returns a remark for each flow, denial and second factor whose only conditions are shadow conditions. */
function shadowOnly({ flow, steps, ...bound }: LintedFlow): LintRemark[] {
  const isShadowOnly = ({ conditions, shadows }: Pick<LintedStep, 'conditions' | 'shadows'>) =>
    conditions.length === 0 && shadows.length > 0;
  const matters = ({ contract, proofs }: LintedStep) =>
    contract?.ends === true || proofs.some(({ factor }) => factor === 'further');
  const remark = (objectId: string, text: string) => ({ rule: 'shadow-only' as const, objectId, text });
  return [
    ...(isShadowOnly(bound)
      ? [remark(flow.id, 'all conditions of this flow are shadow conditions, so it admits every user')]
      : []),
    ...steps
      .filter((step) => matters(step) && isShadowOnly(step))
      .map((step) =>
        remark(step.binding.id, `all conditions of ${nameOf(step)} are shadow conditions, so it runs for every user`),
      ),
  ];
}

const nameOf = ({ stage }: LintedStep) =>
  stage ? `the stage ${String(stage.values['name'])}` : 'a stage that is not in these files';
