/** Apps of the reference whose models have no place in a login-flow engine. */
const APPS = /^authentik_(crypto|enterprise|events|outposts|providers?|rbac|reports|sources|tenants)(_\w+)?\./;
const MODELS: readonly string[] = ['authentik_blueprints.blueprintinstance'];

/**
 * Whether a model of the reference may be left out of a blueprint: nothing of a login depends on it. A stage or a policy never
 * may, however unknown it is: a flow without it would be another flow.
 */
export const isElsewhere = (model: string): boolean => APPS.test(model) || MODELS.includes(model);
