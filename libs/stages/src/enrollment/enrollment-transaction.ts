import {
  AccountRepository,
  InvalidUsernameError,
  InvitationRepository,
  isSuperuserGuard,
  NameTakenError,
} from '@gatehouse/directory';
import { Logger, runOnce } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { ENROLLMENT_SCHEMA } from './migrations/index.js';

/** Repositories of the directory that a stage can use in its transaction. */
export interface EnrollmentWriters {
  readonly accounts: AccountRepository;
  readonly invitations: InvitationRepository;
}

/**
 * Thrown when the data of a user is rejected: a name is taken or invalid, a value is too long, or the change would affect
 * superusers or their groups.
 */
export class InvalidUserDataError extends Error {}

/**
 * Runs the database changes of a stage in one transaction. The transaction also saves the request id, which makes the
 * changes idempotent.
 */
export class EnrollmentTransactions {
  private readonly logger = new Logger();

  constructor(private readonly source: DataSource) {}

  /**
   * Runs `work` once for each `id`, and returns its result. Another call with the same id, even at the same time,
   * returns the saved result. If `work` throws, nothing is saved. Throws `InvalidUserDataError` if Postgres rejects the
   * data of a user.
   */
  async runOnce<T extends object>(id: string, work: (writers: EnrollmentWriters) => Promise<T>): Promise<T> {
    try {
      return await runOnce(this.source, { table: `${ENROLLMENT_SCHEMA}.done`, id }, (manager) =>
        work({ accounts: new AccountRepository(manager), invitations: new InvitationRepository(manager) }),
      );
    } catch (error) {
      throw this.toInvalidData(error) ?? error;
    }
  }

  private toInvalidData(error: unknown): InvalidUserDataError | undefined {
    if (isSuperuserGuard(error)) {
      const reason = error instanceof Error ? error.message : undefined;
      this.logger.event('superuser_change_refused', { reason });
      return new InvalidUserDataError('superusers cannot be changed here', { cause: error });
    }
    const isInvalid =
      error instanceof NameTakenError || error instanceof InvalidUsernameError || INVALID_DATA.test(codeOf(error));
    return isInvalid ? new InvalidUserDataError('Postgres rejected the data of a user', { cause: error }) : undefined;
  }
}

/** SQLSTATE classes 22 (data exception) and 23 (integrity constraint violation), which mean invalid data of a user. */
const INVALID_DATA = /^2[23]/;

const codeOf = (error: unknown) => String((error as { driverError?: { code?: unknown } }).driverError?.code ?? '');
