import {
  DIRECTORY_SCHEMA,
  type DirectoryUser,
  directoryEntities,
  type NewUser,
  TypeormDirectoryStore,
} from '@gatehouse/directory';
import { openDataSource } from '@gatehouse/platform';

/** Creates users in the directory of a database. */
export async function register(url: string, drafts: readonly NewUser[]): Promise<DirectoryUser[]> {
  const source = await openDataSource({ url, schema: DIRECTORY_SCHEMA, entities: directoryEntities, poolSize: 1 });
  try {
    return await source.transaction(async (manager) => {
      const users: DirectoryUser[] = [];
      for (const draft of drafts) users.push(await new TypeormDirectoryStore(manager).createUser(draft));
      return users;
    });
  } finally {
    await source.destroy();
  }
}
