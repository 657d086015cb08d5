import { parseArgs } from 'node:util';
import { TypeormDirectoryStore, userInput } from '@gatehouse/directory';
import { CommandError } from '@gatehouse/local';
import { hashPassword } from '@gatehouse/stages/password';
import { typedPassword } from './set-password.js';
import type { UserCommand } from './user-command.js';

const OPTIONS = {
  email: { type: 'string', default: '' },
  name: { type: 'string', default: '' },
  group: { type: 'string', multiple: true, default: [] as string[] },
  password: { type: 'boolean', default: false },
} as const;

/** Makes a user, in groups if any are named; with a password if one is to be typed. */
export const create: UserCommand = {
  takes: 'USERNAME [--name NAME] [--email ADDRESS] [--group NAME]… [--password]',
  run: async (args, { source }) => {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    const draft = userInput.safeParse({ username: positionals[0], name: values.name, email: values.email });
    if (!draft.success || positionals.length !== 1)
      throw new CommandError(
        draft.error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n') ?? 'one username',
      );
    const password_hash = values.password ? await hashPassword(await typedPassword(draft.data.username)) : '';
    const { username } = await source
      .transaction(async (manager) => {
        const register = new TypeormDirectoryStore(manager);
        const groups = await Promise.all(values.group.map((name) => groupOf(register, name)));
        const user = await register.createUser({ ...draft.data, password_hash });
        await register.setGroups(user.pk, groups);
        return user;
      })
      .catch((error: { readonly driverError?: { readonly code?: string } }) => {
        if (error.driverError?.code === UNIQUE)
          throw new CommandError(`there is a user ${draft.data.username} already`);
        throw error;
      });
    return `${username} is made${password_hash === '' ? ', without a password' : ''}`;
  },
};

const UNIQUE = '23505';

async function groupOf(register: TypeormDirectoryStore, name: string): Promise<string> {
  const [group] = await register.findGroups({ name });
  if (!group) throw new CommandError(`there is no group ${name}`);
  return group.pk;
}
