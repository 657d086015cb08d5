import type { Message } from '@gatehouse/contracts';
import { sentence } from '@gatehouse/contracts/sentence';

/** Why nobody is let in, for the visitor and, in `message`, for the log; never with anything secret. */
export class Refusal extends Error {
  constructor(
    readonly said: Message,
    why: string,
  ) {
    super(why);
  }
}

/** The provider cannot be asked just now. */
export class Away extends Refusal {
  constructor(source: string, why: string) {
    super(
      { ...sentence('{source} cannot be reached just now. Please try again later.', { source }), wire: 'unavailable' },
      why,
    );
  }
}

/** The source is not set up in a way that could work. */
export class Misconfigured extends Refusal {
  constructor(source: string, why: string) {
    super(
      { ...sentence('{source} is not set up correctly. Ask your administrator.', { source }), wire: 'misconfigured' },
      why,
    );
  }
}

/** The provider says that whoever it is does not want to, or may not. */
export class TurnedAway extends Refusal {
  constructor(source: string, why: string) {
    super({ ...sentence('{source} did not confirm the login.', { source }), wire: 'access_denied' }, why);
  }
}

/** What came back proves nothing. */
export class Unproven extends Refusal {
  constructor(source: string, why: string) {
    super({ ...sentence('The answer of {source} could not be verified. Please try again.', { source }) }, why);
  }
}

/** Whoever it is, they are none of those that the source lets in. */
export class Refused extends Refusal {
  constructor(why: string) {
    super({ ...sentence('Access denied.'), wire: 'access_denied' }, why);
  }
}
