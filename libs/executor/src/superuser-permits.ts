/**
 * Permits for stages that change or delete a superuser, or change how one logs in: Postgres refuses that to every service
 * without one (docs/adr/0035).
 */
export abstract class SuperuserPermits {
  /**
   * Permits `service` one transaction on this user within half a minute. Does nothing for a user who is not a superuser.
   */
  abstract grant(userId: string, service: string): Promise<void>;
}
