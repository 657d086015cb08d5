/** Records verified email addresses, and activates accounts that wait for the verification. */
export abstract class AccountActivation {
  /** Records `address` as verified, if it is still the user's email address. */
  abstract recordVerified(userId: string, address: string): Promise<void>;
  /**
   * Activates an account that the flow with the id `flow` created inactive, and returns whether it did. Returns false
   * if an administrator has set the account active or inactive since, so that a mail cannot undo the administrator's
   * decision. Returns false for a superuser, because Postgres refuses the change (docs/adr/0035).
   */
  abstract activate(userId: string, flow: string | undefined): Promise<boolean>;
}
