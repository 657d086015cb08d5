import { boolean, char, jsonObject, type Reference, since2026 } from '@gatehouse/contracts';
import type { DirectoryGroup, DirectoryStore, GroupFields } from '@gatehouse/directory';
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
  parents: since2026(
    z
      .array(z.string())
      .optional()
      .describe('Groups whose members include the members of this group. Absent: the value of `parent`.'),
  ),
  attributes: jsonObject().default({}).describe('Free data of the group.'),
  users: z.array(z.int()).optional().describe('Numbers of the members. Absent: the members stay as they are.'),
});
type GroupValues = Omit<z.output<typeof groupSchema>, 'parent' | 'parents'> & Pick<GroupFields, 'parents'>;

interface FoundGroup extends FoundObject {
  readonly pk: string;
  readonly group: DirectoryGroup;
}

/** The groups of the directory (docs/spec/directory.md#groups). */
export class GroupCollection implements Collection<FoundGroup> {
  readonly fields: ReadonlySet<string> = new Set(Object.keys(groupSchema.shape));
  readonly references: ReadonlyMap<string, Reference> = new Map([['users', { to: 'user' }]]);
  readonly schema = groupSchema;

  constructor(private readonly directory: DirectoryStore) {}

  async find(identifiers: JsonMap): Promise<FoundGroup | undefined> {
    const [group] = await translateLookupError(this.directory.findGroups(identifiers));
    return group && { pk: group.pk, name: group.name, group };
  }

  async check({ pk, ...entryValues }: JsonMap, existing: FoundGroup | undefined): Promise<() => Promise<SaveResult>> {
    if (pk !== undefined && !z.uuid().safeParse(pk).success) throw ValidationError.field('pk', 'Must be a valid UUID.');
    const { name, is_superuser, parents, attributes } = existing?.group ?? {};
    const before = existing ? { name, is_superuser, attributes } : {};
    const { parent, ...values } = validate(groupSchema, { ...before, ...entryValues });
    const isGiven = 'parent' in entryValues || values.parents !== undefined || !parents;
    const given = isGiven ? parentsOf({ parent, parents: values.parents }) : parents;
    await this.#checkParents(given, { self: existing?.pk, isList: values.parents !== undefined });
    for (const userPk of values.users ?? []) {
      const [user] = await this.directory.findUsers({ pk: userPk });
      if (!user) throw noSuchObject('users', userPk, { to: 'user' });
    }
    return () =>
      translateWriteError(
        existing
          ? this.#update(existing.group, { ...values, parents: given })
          : this.#create({ ...values, parents: given }, pk as string | undefined),
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
  async #checkParents(
    parents: readonly string[],
    { self, isList }: { readonly self: string | undefined; readonly isList: boolean },
  ): Promise<void> {
    for (const [i, parent] of parents.entries())
      await this.#checkParent(parent, { self, field: isList ? `parents.${i}` : 'parent' });
  }

  async #checkParent(
    parent: string,
    { self, field }: { readonly self: string | undefined; readonly field: string },
  ): Promise<void> {
    const ancestors = new Set([parent]);
    for (const ancestor of ancestors) {
      if (ancestor === self) throw ValidationError.field(field, 'Cannot set group as parent of itself.');
      const [group] = await this.directory.findGroups({ pk: ancestor });
      if (!group) throw noSuchObject(field, ancestor, { to: 'group' });
      // Iterating over a Set includes the members that are added during the iteration.
      for (const above of group.parents) ancestors.add(above);
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

/**
 * Returns the parents that an entry gives, without repetitions. Throws ValidationError if `parent` and `parents`
 * contradict each other.
 */
function parentsOf({ parent, parents }: Pick<z.output<typeof groupSchema>, 'parent' | 'parents'>): string[] {
  if (!parents) return parent === null ? [] : [parent];
  if (parent !== null && !parents.includes(parent))
    throw ValidationError.field('parent', 'The group is not one of the parents. Set the field parents only.');
  return [...new Set(parents)];
}
