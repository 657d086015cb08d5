import { Inject, Injectable } from '@nestjs/common';
import type { Principal } from '../http/auth/auth.service.js';
import { parsePk } from '../http/identifiers.js';
import { lastValue } from '../http/query.js';
import { type UserReference, UserRepository } from './user.repository.js';

/** An id that no user has, so that a list of its objects is empty. */
const NO_USER_ID = '00000000-0000-0000-0000-000000000000';

/** Decides which user's objects a list shows. */
@Injectable()
export class ListOwnerResolver {
  constructor(@Inject(UserRepository) private readonly users: UserRepository) {}

  /**
   * Returns the uuid of the user whose objects are listed. Undefined means the objects of all users, which only
   * superusers see. The query parameter `parameter` restricts the list to one user. If that user does not exist, or the
   * caller may not see the user's objects, returns a uuid that no user has, so that the list is empty.
   */
  async resolve(
    { user }: Principal,
    query: unknown,
    parameter: 'user' | 'user__username',
  ): Promise<string | undefined> {
    const value = nonEmptyText((query as Record<string, unknown>)[parameter]);
    if (value === undefined) return user.is_superuser ? undefined : user.uuid;
    const reference = parseReference(value, parameter);
    const owner = reference && (await this.users.findId(reference));
    return owner !== undefined && (user.is_superuser || owner === user.uuid) ? owner : NO_USER_ID;
  }
}

function parseReference(value: string, parameter: 'user' | 'user__username'): UserReference | undefined {
  // Postgres refuses text with NUL, so no username contains NUL.
  if (parameter === 'user__username') return value.includes('\0') ? undefined : { username: value };
  const pk = parsePk(value);
  return pk === undefined ? undefined : { pk };
}

function nonEmptyText(value: unknown): string | undefined {
  const last = lastValue(value);
  return typeof last === 'string' && last !== '' ? last : undefined;
}
