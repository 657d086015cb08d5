import { isRefused } from './refused-models.js';

/** Apps of authentik whose unsupported models may be skipped, because no login flow needs them. */
export const IGNORABLE_APPS =
  /^authentik_(crypto|enterprise|events|outposts|providers?|rbac|reports|sources|tenants)(_\w+)?\./;
/** Single models that may be skipped, too. */
export const IGNORABLE_MODELS: readonly string[] = ['authentik_blueprints.blueprintinstance'];

/**
 * Returns whether entries of this model of authentik may be skipped, because no login depends on it. Stages and
 * policies are never skipped, not even unknown ones, because a flow would behave differently without them.
 */
export const isIgnorableModel = (model: string): boolean =>
  !isRefused(model) && (IGNORABLE_APPS.test(model) || IGNORABLE_MODELS.includes(model));
