import { parseArgs } from 'node:util';
import { createRecoveryLink } from '@gatehouse/gateway';
import { CommandError, sealKeysOf } from '@gatehouse/local';
import { Sealer } from '@gatehouse/platform';
import { z } from 'zod';
import { findUser } from './find-user.js';
import type { UserCommand } from './user-command.js';

const OPTIONS = { flow: { type: 'string' }, minutes: { type: 'string', default: '60' } } as const;
/** Thirty days, as for a link that is mailed. */
const minutesOf = z.coerce.number().int().min(1).max(43_200);

/** The link that a recovery flow would mail to a user, for whoever can give it to them in another way. */
export const recoveryLink: UserCommand = {
  takes: 'USERNAME [--flow SLUG] [--minutes 60]',
  run: async (args, { source, env }) => {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    const minutes = minutesOf.safeParse(values.minutes);
    if (!minutes.success) throw new CommandError('--minutes takes a number from 1 to 43200');
    const keys = await sealKeysOf(env);
    if (keys === undefined) throw new CommandError('SEAL_KEYS is not set, and a link leads to something sealed');
    const user = await findUser(source, positionals[0]);
    const baseUrl = (env['BASE_URL'] || `http://${env['HOST'] || '127.0.0.1'}:${env['PORT'] || '9000'}`).replace(
      /\/+$/,
      '',
    );
    const made = await createRecoveryLink(source, new Sealer(keys), {
      user,
      baseUrl,
      slug: values.flow,
      ttlS: minutes.data * 60,
    });
    if ('problem' in made) throw new CommandError(made.problem);
    return made.url;
  },
};
