import { PolicyUserRepository } from '@gatehouse/directory';
import { DataSource } from 'typeorm';
import { ReputationRepository } from '../src/reputation.repository.js';
import { ALICE } from './index.js';

const DAY_MS = 86_400_000;

/** Finds ALICE, whose last login was `lastLoginDaysAgo` days ago. */
export class FixedUsers extends PolicyUserRepository {
  constructor(private readonly lastLoginDaysAgo: number) {
    super(new DataSource({ type: 'postgres' }));
  }
  override async find() {
    const last_login = new Date(Date.now() - this.lastLoginDaysAgo * DAY_MS);
    return [
      {
        ...{ ...ALICE, last_login, date_joined: new Date(0), password_change_date: new Date(0), attributes: {} },
        ...{ type: 'internal', path: 'users', has_usable_password: true, is_superuser: false },
      },
    ];
  }
}

/** Returns a fixed score for every address, and 0 for every name. */
export class FixedReputation extends ReputationRepository {
  constructor(private readonly fixed: number) {
    super(new DataSource({ type: 'postgres' }));
  }
  override async score({ identifier }: { readonly identifier?: string | undefined }): Promise<number> {
    return identifier === undefined ? this.fixed : 0;
  }
}
