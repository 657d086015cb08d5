import type { SavedUser } from '@gatehouse/contracts';
import { type DirectoryUser, TypeormDirectoryStore, type UserFields } from '@gatehouse/directory';
import type { CommandEvent } from '@gatehouse/outbox';
import { secretsEqual } from '@gatehouse/platform';
import { isMap, type Json } from './json.js';

/**
 * Changes the directory, and records the audit events of users who are disabled or enabled and of replaced passwords,
 * so that receivers of security events are notified (docs/spec/events.md#signals).
 */
export class RecordedDirectoryStore extends TypeormDirectoryStore {
  constructor(
    private readonly record: (event: CommandEvent) => Promise<void>,
    ...store: ConstructorParameters<typeof TypeormDirectoryStore>
  ) {
    super(...store);
  }

  override async updateUser(pk: number, changes: Partial<UserFields>): Promise<DirectoryUser> {
    const [before] = await this.findUsers({ pk });
    const after = await super.updateUser(pk, changes);
    const { is_active, password_hash } = after;
    const user = savedUser(after);
    if (before && is_active !== before.is_active)
      await this.record({ action: 'user_write', context: { is_active, created: false }, user });
    if (before && !secretsEqual(password_hash, before.password_hash))
      await this.record({ action: 'password_set', context: isUsable(password_hash) ? {} : { unusable: true }, user });
    return after;
  }
}

/**
 * Returns whether an account has a usable password. A hash that starts with `!` marks an account without a usable
 * password.
 */
const isUsable = (hash: string) => hash !== '' && !hash.startsWith('!');

function savedUser({ pk, uuid, username, name, email, is_active, epoch, attributes }: DirectoryUser): SavedUser {
  const settings = attributes['settings'] as Json | undefined;
  const locale = isMap(settings) ? settings['locale'] : undefined;
  return {
    ...{ kind: 'saved', pk, uuid, username, name, email, is_active, epoch },
    locale: typeof locale === 'string' ? locale : '',
  };
}
