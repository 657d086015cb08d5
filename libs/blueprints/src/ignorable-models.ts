/** Apps of the reference whose models have no place in a login-flow engine. */
const IGNORABLE_APPS =
  /^authentik_(crypto|enterprise|events|outposts|providers?|rbac|reports|sources|tenants)(_\w+)?\./;
const IGNORABLE_MODELS: readonly string[] = ['authentik_blueprints.blueprintinstance'];

/**
 * Whether a model of the reference may be left out of a blueprint: nothing of a login depends on it. A stage or a policy never
 * may, however unknown it is: a flow without it would be another flow.
 */
export const isIgnorableModel = (model: string): boolean =>
  IGNORABLE_APPS.test(model) || IGNORABLE_MODELS.includes(model);
