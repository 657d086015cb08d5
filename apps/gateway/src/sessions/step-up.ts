import type { LoginRequirement } from './session-authentication.js';

/** Returns the path of a login flow. Without a slug, returns the path of the brand's login flow. */
export const loginPath = (slug: string | undefined): string =>
  slug === undefined ? '/flows/-/default/authentication/' : `/if/flow/${slug}/`;

/** Returns the query parameters by which a flow gets a requirement (docs/spec/executor.md#requirement). */
export const requirementQuery = ({ acr_values = [], max_age, again }: LoginRequirement): Record<string, string> => ({
  ...(acr_values.length > 0 && { acr_values: acr_values.join(' ') }),
  ...(max_age !== undefined && { max_age: String(max_age) }),
  ...(again && { prompt: 'login' }),
});
