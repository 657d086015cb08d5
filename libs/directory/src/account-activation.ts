/** Activates accounts that wait for the verification of their email address. */
export abstract class AccountActivation {
  /**
   * Activates an account that `flow` created inactive, and returns whether it did. Returns false after an administrator
   * has set the account active or inactive, so that a mail cannot undo the administrator's decision. Returns false for
   * a superuser, whom Postgres protects.
   */
  abstract activate(userId: string, flow: string | undefined): Promise<boolean>;
}
