import { Inject, Injectable } from '@nestjs/common';
import type { Principal } from '../http/auth/auth.service.js';
import { parsePk } from '../http/identifiers.js';
import { lastValue } from '../http/last-of.js';
import { Owners, type UserReference } from './owners.js';

/** The id of no user. */
const NO_USER_ID = '00000000-0000-0000-0000-000000000000';

/** Whose things a list shows. */
@Injectable()
export class ListOwnerResolver {
  constructor(@Inject(Owners) private readonly owners: Owners) {}

  /**
   * One's own; of a superuser those of the user that the query names, else everybody's (undefined). `key` of the query:
   * a pk or a username. A user whom there is not, or whose things are not shown to whoever asks, has none.
   */
  async of({ user }: Principal, query: unknown, key: 'user' | 'user__username'): Promise<string | undefined> {
    const asked = queryValue((query as Record<string, unknown>)[key]);
    if (asked === undefined) return user.is_superuser ? undefined : user.uuid;
    const called = userReference(asked, key);
    const owner = called && (await this.owners.find(called));
    return owner !== undefined && (user.is_superuser || owner === user.uuid) ? owner : NO_USER_ID;
  }
}

/** No user has a NUL in their name. */
function userReference(asked: string, key: 'user' | 'user__username'): UserReference | undefined {
  if (key === 'user__username') return asked.includes('\0') ? undefined : { username: asked };
  const pk = parsePk(asked);
  return pk === undefined ? undefined : { pk };
}

/** A key that is empty asks nothing. */
function queryValue(value: unknown): string | undefined {
  const last = lastValue(value);
  return typeof last === 'string' && last !== '' ? last : undefined;
}
