import type { Message } from '@gatehouse/contracts';
import { sentence } from '@gatehouse/contracts/sentence';

/** Why nobody is let in, for the visitor and, in `message`, for the log; never with anything secret. */
export class LoginRefusedError extends Error {
  constructor(
    readonly said: Message,
    why: string,
  ) {
    super(why);
  }
}

/** The provider cannot be asked just now. */
export class ProviderUnavailableError extends LoginRefusedError {
  constructor(source: string, why: string) {
    super(
      { ...sentence('{source} cannot be reached just now. Please try again later.', { source }), wire: 'unavailable' },
      why,
    );
  }
}

/** The source is not set up in a way that could work. */
export class MisconfiguredSourceError extends LoginRefusedError {
  constructor(source: string, why: string) {
    super(
      { ...sentence('{source} is not set up correctly. Ask your administrator.', { source }), wire: 'misconfigured' },
      why,
    );
  }
}

/** The provider says that whoever it is does not want to, or may not. */
export class LoginDeniedError extends LoginRefusedError {
  constructor(source: string, why: string) {
    super({ ...sentence('{source} did not confirm the login.', { source }), wire: 'access_denied' }, why);
  }
}

/** What came back proves nothing. */
export class InvalidProofError extends LoginRefusedError {
  constructor(source: string, why: string) {
    super({ ...sentence('The answer of {source} could not be verified. Please try again.', { source }) }, why);
  }
}

/** Whoever it is, they are none of those that the source lets in. */
export class AccountNotAllowedError extends LoginRefusedError {
  constructor(why: string) {
    super({ ...sentence('Access denied.'), wire: 'access_denied' }, why);
  }
}
