import { Inject, Injectable } from '@nestjs/common';
import { type CalledUser, Owners } from '../execution/owners.js';
import { lastOf } from './last-of.js';
import { pkOf } from './pk.js';
import type { Principal } from './principal.js';

/** The id of no user. */
const NOBODY = '00000000-0000-0000-0000-000000000000';

/** Whose things a list shows. */
@Injectable()
export class ListOwner {
  constructor(@Inject(Owners) private readonly owners: Owners) {}

  /**
   * One's own; of a superuser those of the user that the query names, else everybody's (undefined). `key` of the query:
   * a pk or a username. A user whom there is not, or whose things are not shown to whoever asks, has none.
   */
  async of({ user }: Principal, query: unknown, key: 'user' | 'user__username'): Promise<string | undefined> {
    const asked = askedBy((query as Record<string, unknown>)[key]);
    if (asked === undefined) return user.is_superuser ? undefined : user.uuid;
    const called = calledBy(asked, key);
    const owner = called && (await this.owners.find(called));
    return owner !== undefined && (user.is_superuser || owner === user.uuid) ? owner : NOBODY;
  }
}

/** No user has a NUL in their name. */
function calledBy(asked: string, key: 'user' | 'user__username'): CalledUser | undefined {
  if (key === 'user__username') return asked.includes('\0') ? undefined : { username: asked };
  const pk = pkOf(asked);
  return pk === undefined ? undefined : { pk };
}

/** A key that is empty asks nothing. */
function askedBy(value: unknown): string | undefined {
  const last = lastOf(value);
  return typeof last === 'string' && last !== '' ? last : undefined;
}
