/** Accounts that wait for their owner to confirm an address. */
export abstract class Activations {
  /**
   * Makes an account active that nobody has ever been logged in to; whether it did. One that was used and is inactive was
   * disabled by somebody, which no mail undoes.
   */
  abstract activate(userId: string): Promise<boolean>;
}
