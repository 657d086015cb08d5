import type { PolicyContract } from '@gatehouse/contracts';
import { isLocalPath } from '@gatehouse/contracts';
import type { BlueprintObject } from '../object-model.js';
import { policyBindingModel } from '../policy.model.js';
import type { LintRemark } from './flow-rules.js';
import type { LintDraft } from './lint-draft.js';

/** `redirect("…")`, with an address that is written out. */
const REDIRECT = /\.redirect\(\s*f?(["'])(.*?)\1/g;

/** What is wrong with the policies of a draft, or may be. */
export function policyRemarks(draft: LintDraft, contracts: ReadonlyMap<string, PolicyContract>): LintRemark[] {
  const bindings = [...draft.of(policyBindingModel.name)].filter(
    ({ values: { enabled, negate } }) => enabled && !negate,
  );
  const bound = new Set(bindings.map(({ values: { policy } }) => policy));
  return [...contracts.values()].flatMap((contract) =>
    [...draft.of(contract.model)].flatMap((policy) => [
      ...(bound.has(policy.id) ? neverPassingRemarks(policy, contract) : []),
      ...redirects(policy, contract),
    ]),
  );
}

function neverPassingRemarks({ id, values }: BlueprintObject, { isHopeless }: PolicyContract): LintRemark[] {
  if (!isHopeless?.(values)) return [];
  return [
    { rule: 'policy-never-passes', about: id, text: `the policy ${String(values['name'])} says no to everybody` },
  ];
}

function redirects({ id, values }: BlueprintObject, { source }: PolicyContract): LintRemark[] {
  if (source === undefined) return [];
  const addresses = [...String(values[source]).matchAll(REDIRECT)].map(([, , address = '']) => address);
  const away = addresses.filter((address) => !isLocalPath(address));
  return away.map((address) => ({
    rule: 'redirect-elsewhere',
    about: id,
    text: `it leads out of this site, to ${address}`,
  }));
}
