import type {
  AuthorizationRequest,
  PendingAuthorization,
  RedeemedAuthorization,
  SessionAuthentication,
} from '@gatehouse/contracts';

/**
 * The lifetime of a pushed request until its user authorizes it, and how many requests of its client may wait for their
 * users.
 */
export interface PushLimits {
  readonly lifetimeS: number;
  readonly maxWaiting: number;
}

/** A user's authorization of a request. */
export interface Authorization {
  /** Id of the request. */
  readonly id: string;
  readonly user: { readonly uuid: string; readonly epoch: number };
  readonly authentication: SessionAuthentication;
  /** The code to issue; by default, a new one. */
  readonly code?: string | undefined;
}

/** A new code, and the request that it answers. */
export interface IssuedCode {
  readonly code: string;
  readonly request: AuthorizationRequest;
}

/** A client's exchange of a code for a token. */
export interface CodeExchange {
  readonly code: string;
  readonly clientId: string;
  readonly redirectUri: string;
  /** S256 challenge of the client's code verifier. */
  readonly codeChallenge: string;
  /** Lifetime of the access token, in seconds. */
  readonly lifetimeS: number;
}

/** Stores pushed authorization requests and their codes. Never returns an expired row, even before it is deleted. */
export abstract class AuthorizationStore {
  /**
   * Stores a request. Returns its reference, or `undefined` if too many requests of the client wait for their users.
   * Concurrent calls cannot store more requests than may wait.
   */
  abstract push(request: AuthorizationRequest, limits: PushLimits): Promise<string | undefined>;
  /** Returns a client's request that waits for its user. */
  abstract find(reference: string, clientId: string): Promise<PendingAuthorization | undefined>;
  /** Deletes a request that waits for its user, and returns it. */
  abstract refuse(id: string): Promise<AuthorizationRequest | undefined>;
  /** Returns whether a request waits for its user. */
  abstract isPending(id: string): Promise<boolean>;
  /**
   * Returns whether a call of `issue` with this `work` id has issued the code of a request. Returns false once the code
   * has expired or was exchanged.
   */
  abstract hasIssued(work: string, id: string): Promise<boolean>;
  /**
   * Issues the code of a request that waits for its user. A retry with the same `work` id issues a code again, because
   * the earlier reply may have been lost. If the new code differs, the earlier code becomes invalid. With another
   * `work` id, succeeds only if the given code is the one that was issued; otherwise returns `undefined`.
   */
  abstract issue(work: string, authorization: Authorization): Promise<IssuedCode | undefined>;
  /** Exchanges a code for an access token. Only one of several concurrent exchanges gets a token. */
  abstract redeem(exchange: CodeExchange): Promise<RedeemedAuthorization | undefined>;
}
