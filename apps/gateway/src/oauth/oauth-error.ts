/** An error that an OAuth endpoint returns to the client, with the reason for its developer (RFC 6749 §5.2). */
export class OauthError extends Error {
  constructor(
    readonly error: string,
    readonly description?: string,
  ) {
    super(description ?? error);
  }
}
