import { brandModel, isRestricted } from '../brand.model.js';
import { loginFlowIds } from '../login-flows.js';
import { type LintRemark, LOGIN_DESIGNATION, logsAnonymousIn } from './flow-rules.js';
import type { LintDraft } from './lint-draft.js';
import type { LintedFlow } from './linted-flow.js';

/** Returns a remark for each flow without stages that a brand uses to log users out. */
export const emptyLogouts = (draft: LintDraft, flows: readonly LintedFlow[]): LintRemark[] => {
  const named = new Set([...draft.objectsOf(brandModel.name)].map(({ values }) => values['flow_invalidation']));
  return flows
    .filter(({ flow, steps }) => steps.length === 0 && named.has(flow.id))
    .map(({ flow }) => ({
      rule: 'empty-flow',
      objectId: flow.id,
      text: 'a brand logs users out with this flow, but no stage is bound to it. Bind a user logout stage to it',
    }));
};

/** Returns a remark for each login flow that no brand names or links, unless a brand forbids such flows. */
export function brandRemarks(draft: LintDraft, flows: readonly LintedFlow[]): LintRemark[] {
  const brands = [...draft.objectsOf(brandModel.name)].filter(({ values }) => values['flow_authentication']);
  if (brands.length === 0 || brands.some(isRestricted)) return [];
  const named = new Set(brands.flatMap((brand) => [...loginFlowIds(draft, brand)]));
  const others = flows.filter(
    ({ flow }) =>
      flow.values['designation'] === LOGIN_DESIGNATION && flow.values['authentication'] !== 'require_outpost',
  );
  return others
    .filter((login) => logsAnonymousIn(login) && !named.has(login.flow.id))
    .map(({ flow }) => ({
      rule: 'login-beside-brand',
      objectId: flow.id,
      text: `the flow ${String(flow.values['slug'])} logs users in when they open its address, besides the login flow of a brand, so it may bypass a second factor. Set attributes.gatehouse.authentication_flow_only of the brand, which forbids such flows`,
    }));
}
