/** Permits for stages that change or delete a superuser: Postgres refuses that to every service without one (docs/adr/0035). */
export abstract class SuperuserPermits {
  /** Permits one transaction on this user within half a minute. Does nothing for a user who is not a superuser. */
  abstract grant(userId: string): Promise<void>;
}
