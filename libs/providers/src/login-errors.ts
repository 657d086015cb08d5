import type { Message } from '@gatehouse/contracts';
import { sentence } from '@gatehouse/contracts/sentence';

/**
 * Base class of the errors that refuse a login, with a message for the visitor and a reason for the log. Neither
 * contains a secret.
 */
export class LoginRefusedError extends Error {
  constructor(
    readonly visitorMessage: Message,
    reason: string,
  ) {
    super(reason);
  }
}

/** Thrown when the provider is unavailable. */
export class ProviderUnavailableError extends LoginRefusedError {
  constructor(source: string, reason: string) {
    super(
      { ...sentence('{source} cannot be reached just now. Please try again later.', { source }), wire: 'unavailable' },
      reason,
    );
  }
}

/** Thrown when the source is misconfigured. */
export class MisconfiguredSourceError extends LoginRefusedError {
  constructor(source: string, reason: string) {
    super(
      { ...sentence('{source} is not set up correctly. Ask your administrator.', { source }), wire: 'misconfigured' },
      reason,
    );
  }
}

/** Thrown when the user or the provider denied the login. */
export class LoginDeniedError extends LoginRefusedError {
  constructor(source: string, reason: string) {
    super({ ...sentence('{source} did not confirm the login.', { source }), wire: 'access_denied' }, reason);
  }
}

/** Thrown when the response of the provider does not prove an identity. */
export class InvalidProofError extends LoginRefusedError {
  constructor(source: string, reason: string) {
    super({ ...sentence('The answer of {source} could not be verified. Please try again.', { source }) }, reason);
  }
}

/** Thrown when the source does not allow this account. */
export class AccountNotAllowedError extends LoginRefusedError {
  constructor(reason: string) {
    super({ ...sentence('Access denied.'), wire: 'access_denied' }, reason);
  }
}
