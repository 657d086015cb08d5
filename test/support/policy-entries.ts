import { keyOf } from './blueprints.js';

/** A policy by blueprint; `model` as `expression.expressionpolicy`. */
export const policyEntry = (model: string, name: string, attrs: Readonly<Record<string, unknown>>) => ({
  model: `authentik_policies_${model}`,
  id: `policy ${name}`,
  identifiers: { name },
  attrs,
});

/** A policy written in Python. */
export const expressionEntry = (name: string, expression: string, attrs: Readonly<Record<string, unknown>> = {}) =>
  policyEntry('expression.expressionpolicy', name, { expression, ...attrs });

/** Binds a policy to a flow, by its slug, or to a step, by `<slug>-<place> bound`. */
export const boundEntry = (target: string, policy: string, attrs: Readonly<Record<string, unknown>> = {}) => ({
  model: 'authentik_policies.policybinding',
  identifiers: { target: keyOf(target), policy: keyOf(`policy ${policy}`), order: 0 },
  attrs,
});

/** As the default authentication flow of the reference has it. */
export const NO_PASSWORD_YET = `flow_plan = request.context.get("flow_plan")
if not flow_plan:
    return True
# A user without a backend has not shown a password.
return not hasattr(flow_plan.context.get("pending_user"), "backend")
`;
