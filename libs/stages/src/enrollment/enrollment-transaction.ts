import { AccountRepository, InvitationRepository, isSuperuserGuard, NameTakenError } from '@gatehouse/directory';
import { Logger, runOnce } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { type EnrollmentWriters, Enrolments, InvalidUserDataError } from './enrolments.js';
import { ENROLLMENT_SCHEMA } from './migrations/index.js';

/** Keeps what was done beside what was written. */
export class TypeormEnrolments extends Enrolments {
  private readonly logger = new Logger('enrollment');

  constructor(private readonly source: DataSource) {
    super();
  }

  async once<T extends object>(id: string, work: (writers: EnrollmentWriters) => Promise<T>): Promise<T> {
    try {
      return await runOnce(this.source, { table: `${ENROLLMENT_SCHEMA}.done`, id }, (manager) =>
        work({ accounts: new AccountRepository(manager), invitations: new InvitationRepository(manager) }),
      );
    } catch (error) {
      throw this.asUnwritable(error) ?? error;
    }
  }

  private asUnwritable(error: unknown): InvalidUserDataError | undefined {
    if (isSuperuserGuard(error)) {
      const reason = error instanceof Error ? error.message : undefined;
      this.logger.event('Postgres refused to change a superuser or their groups (docs/adr/0035)', { reason });
      return new InvalidUserDataError('superusers are guarded', { cause: error });
    }
    const misfits = error instanceof NameTakenError || MISFIT.test(codeOf(error));
    return misfits ? new InvalidUserDataError('what is written does not fit', { cause: error }) : undefined;
  }
}

/** Values that a column does not take, and names that must be unique. */
const MISFIT = /^2[23]/;

const codeOf = (error: unknown) => String((error as { driverError?: { code?: unknown } }).driverError?.code ?? '');
