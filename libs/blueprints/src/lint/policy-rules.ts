import type { PolicyContract } from '@gatehouse/contracts';
import { isLocalPath } from '@gatehouse/contracts';
import type { BlueprintObject } from '../object-model.js';
import { policyBindingModel } from '../policy.model.js';
import type { LintRemark } from './flow-rules.js';
import type { LintDraft } from './lint-draft.js';

/** Matches `redirect("…")` with a literal URL. */
const REDIRECT = /\.redirect\(\s*f?(["'])(.*?)\1/g;

/**
 * Returns the rule violations of the policies of a draft. `lowestScore` is the lowest reputation score that a user name
 * can have at one address; undefined if there is no limit.
 */
export function policyRemarks(
  draft: LintDraft,
  contracts: ReadonlyMap<string, PolicyContract>,
  lowestScore: number | undefined,
): LintRemark[] {
  const bindings = [...draft.objectsOf(policyBindingModel.name)].filter(
    ({ values: { enabled, negate, shadow } }) => enabled && !negate && shadow !== true,
  );
  const boundPolicies = new Set(bindings.map(({ values: { policy } }) => policy));
  const perPolicy = [...contracts.values()].flatMap((contract) =>
    [...draft.objectsOf(contract.model)].flatMap((policy) => [
      ...(boundPolicies.has(policy.id) ? neverPassingRemarks(policy, contract) : []),
      ...externalRedirects(policy, contract),
    ]),
  );
  const model = [...contracts.values()].find(({ kind }) => kind === 'reputation')?.model ?? '';
  return [...perPolicy, ...unreachedReputations([...draft.objectsOf(model)], lowestScore)];
}

/**
 * Returns a remark for each reputation policy whose threshold is below the lowest possible score of a user name at one
 * address.
 */
function unreachedReputations(policies: readonly BlueprintObject[], lowest = -Infinity): LintRemark[] {
  return policies
    .filter(({ values: { threshold } }) => Number(threshold) < lowest)
    .map(({ id, values: { name, threshold } }) => ({
      rule: 'reputation-out-of-reach',
      objectId: id,
      text: `the policy ${String(name)} passes at ${Number(threshold)}, but the score of a user name at one address is never below ${lowest}. Set a threshold of at least ${lowest}, or a lower REPUTATION_LOWER_LIMIT`,
    }));
}

function neverPassingRemarks({ id, values }: BlueprintObject, { alwaysFails }: PolicyContract): LintRemark[] {
  if (!alwaysFails?.(values)) return [];
  return [
    {
      rule: 'policy-never-passes',
      objectId: id,
      text: `the policy ${String(values['name'])} never passes, for any user`,
    },
  ];
}

function externalRedirects({ id, values }: BlueprintObject, { pythonField: source }: PolicyContract): LintRemark[] {
  if (source === undefined) return [];
  const addresses = [...String(values[source]).matchAll(REDIRECT)].map(([, , address = '']) => address);
  const external = addresses.filter((address) => !isLocalPath(address));
  return external.map((address) => ({
    rule: 'redirect-elsewhere',
    objectId: id,
    text: `it redirects to another site: ${address}`,
  }));
}
