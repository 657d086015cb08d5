import { parseArgs } from 'node:util';
import { createRecoveryLink } from '@gatehouse/gateway';
import { baseUrlOf, CommandError, missingKeysHint, sealKeysOf } from '@gatehouse/local';
import { Sealer } from '@gatehouse/platform';
import { z } from 'zod';
import { findUser } from './find-user.js';
import type { UserSubcommand } from './user-subcommand.js';

const OPTIONS = { flow: { type: 'string' }, minutes: { type: 'string', default: '60' } } as const;
/** Lifetime of the link in minutes: at most thirty days, like a mailed link. */
const linkMinutes = z.coerce.number().int().min(1).max(43_200);

/** Prints the link that a recovery flow would mail to a user. The operator delivers the link in another way. */
export const recoveryLink: UserSubcommand = {
  usage: 'USERNAME [--flow SLUG] [--minutes 60]',
  run: async (args, { source, env, events }) => {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    const minutes = linkMinutes.safeParse(values.minutes);
    if (!minutes.success) throw new CommandError('--minutes must be a number from 1 to 43200.');
    const keys = await sealKeysOf(env);
    if (keys === undefined)
      throw new CommandError(
        `SEAL_KEYS is not set. The plan that a link continues is sealed with these keys. ${missingKeysHint(env)}`,
      );
    const user = await findUser(source, positionals[0]);
    const link = await createRecoveryLink(source, new Sealer(keys), {
      user,
      baseUrl: baseUrlOf(env),
      slug: values.flow,
      ttlS: minutes.data * 60,
      events,
    });
    if ('problem' in link) throw new CommandError(link.problem);
    return link.url;
  },
};
