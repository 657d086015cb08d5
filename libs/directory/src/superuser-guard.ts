/** Constraint name in the error when Postgres refuses a service's change of a superuser (docs/adr/0035). */
const CONSTRAINT = 'superusers_guarded';

/**
 * Returns whether Postgres refused a statement because it would change a superuser, or add a user to a group that makes
 * its members superusers.
 */
export function isSuperuserGuard(error: unknown): boolean {
  const { constraint, driverError } = (error ?? {}) as { constraint?: unknown; driverError?: { constraint?: unknown } };
  return constraint === CONSTRAINT || driverError?.constraint === CONSTRAINT;
}
