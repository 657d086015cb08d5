import { boolean, char, jsonObject } from '@gatehouse/contracts';
import type { DirectoryGroup, DirectoryStore } from '@gatehouse/directory';
import { z } from 'zod';
import { type Collection, type FoundObject, type SaveResult, ValidationError, validate } from './collection.js';
import { changedFields, sameMembers, translateLookupError, translateWriteError } from './directory-errors.js';
import type { JsonMap } from './json.js';
import { noSuchObject } from './related-object-error.js';
import type { Pk } from './tagged-value.js';

/** The fields of a group. */
export const groupSchema = z.object({
  name: char().describe('Unique name of the group.'),
  is_superuser: boolean().default(false).describe('Whether the members are superusers.'),
  parent: z.string().nullable().default(null).describe('Group whose members include the members of this group.'),
  attributes: jsonObject().default({}).describe('Free data of the group.'),
  users: z.array(z.int()).optional().describe('Numbers of the members. Absent: the members stay as they are.'),
});
type GroupValues = z.output<typeof groupSchema>;

interface FoundGroup extends FoundObject {
  readonly pk: string;
  readonly group: DirectoryGroup;
}

/** The groups of the directory (docs/spec/directory.md#groups). */
export class GroupCollection implements Collection<FoundGroup> {
  readonly fields: ReadonlySet<string> = new Set(Object.keys(groupSchema.shape));

  constructor(private readonly directory: DirectoryStore) {}

  async find(identifiers: JsonMap): Promise<FoundGroup | undefined> {
    const [group] = await translateLookupError(this.directory.findGroups(identifiers));
    return group && { pk: group.pk, name: group.name, group };
  }

  async check({ pk, ...entryValues }: JsonMap, existing: FoundGroup | undefined): Promise<() => Promise<SaveResult>> {
    if (pk !== undefined && !z.uuid().safeParse(pk).success) throw ValidationError.field('pk', 'Must be a valid UUID.');
    const { name, is_superuser, parent, attributes } = existing?.group ?? {};
    const before = existing ? { name, is_superuser, parent, attributes } : {};
    const values = validate(groupSchema, { ...before, ...entryValues });
    await this.#checkParent(values.parent, existing?.pk);
    for (const userPk of values.users ?? []) {
      const [user] = await this.directory.findUsers({ pk: userPk });
      if (!user) throw noSuchObject('users', userPk, { to: 'user' });
    }
    return () =>
      translateWriteError(
        existing ? this.#update(existing.group, values) : this.#create(values, pk as string | undefined),
      );
  }

  async valuesOf(field: string): Promise<string[]> {
    return field === 'name' ? this.directory.groupNames() : [];
  }

  async readFields(pk: Pk): Promise<JsonMap | undefined> {
    const [group] = await this.directory.findGroups({ pk });
    if (!group) return undefined;
    const { attributes, ...fields } = group;
    return { ...fields, attributes: attributes as JsonMap };
  }

  async remove({ pk }: FoundGroup): Promise<void> {
    await this.directory.removeGroup(pk);
  }

  /** Throws ValidationError for an unknown parent, or a parent that would make the group its own ancestor. */
  async #checkParent(parent: string | null, self: string | undefined): Promise<void> {
    for (let ancestor = parent; ancestor !== null; ) {
      if (ancestor === self) throw ValidationError.field('parent', 'Cannot set group as parent of itself.');
      const [group] = await this.directory.findGroups({ pk: ancestor });
      if (!group) throw noSuchObject('parent', ancestor, { to: 'group' });
      ancestor = group.parent;
    }
  }

  async #create({ users, ...plain }: GroupValues, id: string | undefined): Promise<SaveResult> {
    const { pk, name } = await this.directory.createGroup({ ...plain, ...(id ? { pk: id } : {}) });
    if (users?.length) await this.directory.setMembers(pk, users);
    return { pk, name, outcome: 'created' };
  }

  async #update(before: DirectoryGroup, { users, ...plain }: GroupValues): Promise<SaveResult> {
    const changes = changedFields(plain, before);
    const membersChanged = users !== undefined && !sameMembers(users, before.users);
    if (changes) await this.directory.updateGroup(before.pk, changes);
    if (membersChanged) await this.directory.setMembers(before.pk, users);
    return { pk: before.pk, name: plain.name, outcome: changes || membersChanged ? 'changed' : 'unchanged' };
  }
}
