import { stat } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { CommandError, pseudonymKeyOf } from '@gatehouse/local';
import { identifiersOf } from '../user-import/identifiers.js';
import type { UserSubcommand } from './user-subcommand.js';

const OPTIONS = { 'install-id': { type: 'string' } } as const;

/** Lists, for the users of an export, the identifiers that applications receive, from authentik and from Gatehouse. */
export const listIdentifiers: UserSubcommand = {
  usage: 'FILE --install-id ID',
  run: async (args, { source, env }) => {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    const { 'install-id': installId } = values;
    const [file] = positionals;
    if (!file) throw new CommandError('The argument FILE is missing.');
    if (!installId)
      throw new CommandError('The option --install-id is missing. It is in the table authentik_install_id.');
    await stat(file).catch((error: Error) => {
      throw new CommandError(`${file} cannot be read: ${error.message}`);
    });
    const lines: string[] = [];
    for await (const identifiers of identifiersOf({ file, source, installId, pseudonymKey: await pseudonymKeyOf(env) }))
      lines.push(JSON.stringify(identifiers));
    return lines.join('\n');
  },
};
