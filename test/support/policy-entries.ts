import { keyOf } from './blueprints.js';

/** Returns the blueprint entry of a policy. `model` is without `authentik_policies_`: `expression.expressionpolicy`. */
export const policyEntry = (model: string, name: string, attrs: Readonly<Record<string, unknown>>) => ({
  model: `authentik_policies_${model}`,
  id: `policy ${name}`,
  identifiers: { name },
  attrs,
});

/** Returns the blueprint entry of an expression policy. */
export const expressionEntry = (name: string, expression: string, attrs: Readonly<Record<string, unknown>> = {}) =>
  policyEntry('expression.expressionpolicy', name, { expression, ...attrs });

/** Returns the blueprint entry that binds a policy to a flow (its slug) or a step (`<slug>-<index> bound`). */
export const boundEntry = (target: string, policy: string, attrs: Readonly<Record<string, unknown>> = {}) => ({
  model: 'authentik_policies.policybinding',
  identifiers: { target: keyOf(target), policy: keyOf(`policy ${policy}`), order: 0 },
  attrs,
});

/** The expression by which authentik's default authentication flow skips the password step. */
export const NO_PASSWORD_YET = `flow_plan = request.context.get("flow_plan")
if not flow_plan:
    return True
# A user without a backend has not shown a password.
return not hasattr(flow_plan.context.get("pending_user"), "backend")
`;
