import { boolean, char, jsonObject } from '@gatehouse/contracts';
import type { DirectoryGroup, DirectoryStore } from '@gatehouse/directory';
import { z } from 'zod';
import {
  type Collection,
  type FoundObject,
  noSuchObject,
  type SaveResult,
  ValidationError,
  validate,
} from './collection.js';
import { changedFields, sameMembers, translateLookupError, translateWriteError } from './directory-errors.js';
import type { JsonMap } from './json.js';

const groupSchema = z.object({
  name: char(),
  is_superuser: boolean().default(false),
  parent: z.string().nullable().default(null),
  attributes: jsonObject().default({}),
  users: z.array(z.int()).optional(),
});
type GroupValues = z.output<typeof groupSchema>;

interface FoundGroup extends FoundObject {
  readonly pk: string;
  readonly group: DirectoryGroup;
}

/** The groups of the directory (docs/spec/directory.md#groups). */
export class GroupCollection implements Collection<FoundGroup> {
  readonly fields: ReadonlySet<string> = new Set(Object.keys(groupSchema.shape));

  constructor(private readonly register: DirectoryStore) {}

  async find(identifiers: JsonMap): Promise<FoundGroup | undefined> {
    const [group] = await translateLookupError(this.register.findGroups(identifiers));
    return group && { pk: group.pk, name: group.name, group };
  }

  async check({ pk, ...given }: JsonMap, existing: FoundGroup | undefined): Promise<() => Promise<SaveResult>> {
    if (pk !== undefined && !z.uuid().safeParse(pk).success) throw ValidationError.field('pk', 'Must be a valid UUID.');
    const { name, is_superuser, parent, attributes } = existing?.group ?? {};
    const before = existing ? { name, is_superuser, parent, attributes } : {};
    const values = validate(groupSchema, { ...before, ...given });
    await this.#checkParent(values.parent, existing?.pk);
    for (const user of values.users ?? []) {
      const [known] = await this.register.findUsers({ pk: user });
      if (!known) throw noSuchObject('users', user);
    }
    return () =>
      translateWriteError(
        existing ? this.#update(existing.group, values) : this.#create(values, pk as string | undefined),
      );
  }

  async remove({ pk }: FoundGroup): Promise<void> {
    await this.register.removeGroup(pk);
  }

  /** A group's parents end somewhere. */
  async #checkParent(parent: string | null, self: string | undefined): Promise<void> {
    for (let above = parent; above !== null; ) {
      if (above === self) throw ValidationError.field('parent', 'Cannot set group as parent of itself.');
      const [group] = await this.register.findGroups({ pk: above });
      if (!group) throw noSuchObject('parent', above);
      above = group.parent;
    }
  }

  async #create({ users, ...plain }: GroupValues, id: string | undefined): Promise<SaveResult> {
    const { pk, name } = await this.register.createGroup({ ...plain, ...(id ? { pk: id } : {}) });
    if (users?.length) await this.register.setMembers(pk, users);
    return { pk, name, outcome: 'created' };
  }

  async #update(before: DirectoryGroup, { users, ...plain }: GroupValues): Promise<SaveResult> {
    const changes = changedFields(plain, before);
    const isMoved = users !== undefined && !sameMembers(users, before.users);
    if (changes) await this.register.updateGroup(before.pk, changes);
    if (isMoved) await this.register.setMembers(before.pk, users);
    return { pk: before.pk, name: plain.name, outcome: changes || isMoved ? 'changed' : 'left' };
  }
}
