import type { PolicyContract } from '@gatehouse/contracts';
import { isLocalPath } from '@gatehouse/contracts';
import type { BlueprintObject } from '../object-model.js';
import { policyBindingModel } from '../policy.model.js';
import type { LintRemark } from './flow-rules.js';
import type { LintDraft } from './lint-draft.js';

/** Matches `redirect("…")` with a literal URL. */
const REDIRECT = /\.redirect\(\s*f?(["'])(.*?)\1/g;

/** Returns the rule violations of the policies of a draft. */
export function policyRemarks(draft: LintDraft, contracts: ReadonlyMap<string, PolicyContract>): LintRemark[] {
  const bindings = [...draft.objectsOf(policyBindingModel.name)].filter(
    ({ values: { enabled, negate, shadow } }) => enabled && !negate && shadow !== true,
  );
  const boundPolicies = new Set(bindings.map(({ values: { policy } }) => policy));
  return [...contracts.values()].flatMap((contract) =>
    [...draft.objectsOf(contract.model)].flatMap((policy) => [
      ...(boundPolicies.has(policy.id) ? neverPassingRemarks(policy, contract) : []),
      ...externalRedirects(policy, contract),
    ]),
  );
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
