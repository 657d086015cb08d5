/** A token, and for whom it was judged. */
export interface CaptchaToken {
  /** The provider's account: tokens of different ones have nothing to do with each other. */
  readonly account: string;
  readonly text: string;
}

/** Tokens that were accepted, so that none is accepted twice, by whichever process. */
export abstract class SpentTokens {
  /** Accepts a token for the request of this id; false when it was accepted for another one before. */
  abstract spend(token: CaptchaToken, id: string): Promise<boolean>;
}
