import type { SignedInApplication } from '@gatehouse/contracts';

/** Finds the applications that must be notified of a logout. */
export abstract class SignedInApplications {
  /** Returns the applications to which a session has signed in and that have an address for logouts, the last first. */
  abstract list(sessionId: string): Promise<readonly SignedInApplication[]>;
}
