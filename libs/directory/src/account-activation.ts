/** Accounts that wait for their owner to confirm an address. */
export abstract class AccountActivation {
  /**
   * Makes an account active that was made by this flow to wait for that; whether it did. Once somebody has said whether an
   * account is active, it waits no more: no mail undoes what they said. Postgres refuses it for a superuser: then false.
   */
  abstract activate(userId: string, flow: string | undefined): Promise<boolean>;
}
