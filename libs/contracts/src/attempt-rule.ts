/**
 * Defines which responses are attempts at a credential, so that the gateway counts them before the stage judges them
 * (docs/spec/attempts.md#rules).
 */
export interface AttemptRule {
  /** Response field whose presence makes the response an attempt. */
  readonly when: string;
  /**
   * Name of the credential. With `pick`, each `{member}` is replaced by that member of the chosen item, such as a
   * device's uid.
   */
  readonly credential: string;
  /**
   * Set if the response chooses among several credentials. An attempt without a valid choice counts for all of them.
   */
  readonly pick?: AttemptChoice;
  /**
   * Number of consecutive wrong answers that one requester (a network, a known browser, or a visitor with another
   * proof) may give before delays begin.
   */
  readonly free: number;
  /**
   * Number of consecutive wrong answers from which the credential is locked, if the visitor has proved another
   * credential in this plan or is logged in as the user. For any other visitor, the credential is never locked, but
   * from this number on delays grow to a day instead of an hour (docs/spec/attempts.md#counters).
   */
  readonly hard: number;
  /** The error of an attempt that the gateway refuses. Must be the error of a wrong response. */
  readonly refuse: { readonly field: string; readonly code: string };
}

/** A choice between items of the challenge, such as devices. */
export interface AttemptChoice {
  /** Response field that holds the choice. */
  readonly field: string;
  /** Challenge field that lists the items. */
  readonly among: string;
  /**
   * Only items whose `member` is one of `values` can be chosen with this response field. Other items are not counted.
   */
  readonly where: { readonly member: string; readonly values: readonly string[] };
}
