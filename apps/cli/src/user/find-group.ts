import type { DirectoryGroup, TypeormDirectoryStore } from '@gatehouse/directory';
import { CommandError } from '@gatehouse/local';

/** Returns the group with an id or a name. Throws CommandError if there is none, or if several groups have the name. */
export async function findGroup(directory: TypeormDirectoryStore, name: string): Promise<DirectoryGroup> {
  const [byId] = await directory.findGroups({ pk: name });
  const [group, ...others] = byId ? [byId] : await directory.findGroups({ name });
  if (!group) throw new CommandError(`there is no group ${name}`);
  const ids = [group, ...others].map(({ pk }) => pk).join(', ');
  if (others.length > 0) throw new CommandError(`several groups have the name ${name}: ${ids}. Name one by its id.`);
  return group;
}
