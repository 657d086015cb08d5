import type { ApiVersion } from '@gatehouse/contracts';
import type { Identity } from '@gatehouse/executor';

/** Returns whether a user may inspect flows: superusers, and users with `debug` (docs/spec/executor.md#inspector). */
export const mayInspect = (user: Identity | undefined): boolean => user?.is_superuser === true || user?.debug === true;

/**
 * Returns the query parameter that tells a client of 2026.8 that the user may open the inspector. The parameter itself
 * does not open the inspector.
 */
export const inspectorQuery = (user: Identity | undefined, line: ApiVersion): Readonly<Record<string, string>> =>
  line !== '2024.8' && mayInspect(user) ? { inspector: 'available' } : {};
