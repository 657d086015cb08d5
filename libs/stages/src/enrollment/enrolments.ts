import type { AccountRepository, InvitationRepository } from '@gatehouse/directory';

/** What the stages of this wing write, in one transaction. */
export interface EnrollmentWriters {
  readonly accounts: AccountRepository;
  readonly invitations: InvitationRepository;
}

/** What was to be written does not fit what there is, or is refused: a taken name, a long value, a group of superusers. */
export class InvalidUserDataError extends Error {}

/** The work of this wing, each piece done once. */
export abstract class Enrolments {
  /**
   * Does the work that a request with this id asks for; asked again under the same id, also at the same moment, it is not
   * done again and has the same reply. What throws has not happened. Throws Unwritable.
   */
  abstract once<T extends object>(id: string, work: (writers: EnrollmentWriters) => Promise<T>): Promise<T>;
}
