import { parseArgs } from 'node:util';
import { printableJson, type SavedUser } from '@gatehouse/contracts';
import { CommandError, mfaSealKeysOf, missingKeysHint, pseudonymKeyOf, sealKeysOf } from '@gatehouse/local';
import { Sealer } from '@gatehouse/platform';
import type { EntityManager } from 'typeorm';
import { type PersonKeys, type PersonSearch, personSearch } from '../personal-data/person.js';
import { PERSONAL_TABLES } from '../personal-data/personal-tables.js';
import { findUser, userSubcommand } from './find-user.js';
import { otherSuperusers } from './superusers.js';
import type { UserCommandContext, UserSubcommand } from './user-subcommand.js';

/** Prints everything that is stored about a user as JSON, without secrets. Warns of kept events that it cannot open. */
export const exportUser = userSubcommand(async (user, { source, env, events, process }) => {
  const keys = await personKeys(env);
  return source.transaction('REPEATABLE READ', async (manager) => {
    const { parameters, unreadable } = await personSearch(manager, user, keys);
    warnUnreadable(unreadable, process);
    const tables: Record<string, unknown> = {};
    const counts: { name: string; count: number }[] = [];
    for (const { table, where, exported } of PERSONAL_TABLES) {
      const rows = await manager.query<unknown[]>(
        ...bound(`SELECT ${exported} FROM ${table} WHERE ${where}`, parameters),
      );
      tables[table] = rows;
      if (rows.length > 0) counts.push({ name: table, count: rows.length });
    }
    await events.record(manager, { action: 'command_run', context: { counts }, user });
    return printableJson(tables);
  });
});

const OPTIONS = { superuser: { type: 'boolean', default: false } } as const;

/**
 * Deletes a user with every row about the user, and warns of kept events that it cannot open. Deletes a superuser only with
 * `--superuser`, and never the last one.
 */
export const deleteUser: UserSubcommand = {
  usage: 'USERNAME [--superuser]',
  run: async (args, { source, env, events, process }) => {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    const user = await findUser(source, positionals[0]);
    const keys = await personKeys(env);
    return source.transaction(async (manager) => {
      await manager.query('SELECT FROM directory.users WHERE id = $1 FOR UPDATE', [user.uuid]);
      await checkDeletable(manager, user, values.superuser);
      const { parameters, unreadable } = await personSearch(manager, user, keys);
      warnUnreadable(unreadable, process);
      await withoutJourneys(manager);
      const deleted: string[] = [];
      for (const { table, where } of PERSONAL_TABLES) {
        const statement = bound(`DELETE FROM ${table} WHERE ${where}`, parameters);
        const [, count] = await manager.query<[unknown[], number]>(...statement);
        if (count > 0) deleted.push(`${table} ${count}`);
      }
      // The event outlives the erasure, so it identifies the user only by `pk`, which no remaining row contains.
      const model = { app: 'authentik_core', model_name: 'user', pk: user.pk };
      await events.record(manager, { action: 'model_deleted', context: { model } });
      return `deleted ${user.username}: ${deleted.join(', ')}`;
    });
  },
};

/**
 * Prevents journey records of the user's running plans. Also empties every ended plan that waits for its record,
 * because it may be the user's. Emptied plans are counted without a record.
 */
async function withoutJourneys(manager: EntityManager): Promise<void> {
  await manager.query(`SELECT set_config('gatehouse.journeys', 'off', true)`);
  await manager.query('UPDATE flow.unrecorded_plans SET body = NULL WHERE body IS NOT NULL');
}

function warnUnreadable(
  { count, reason }: PersonSearch['unreadable'],
  { stderr }: UserCommandContext['process'],
): void {
  if (count > 0)
    stderr.write(
      `Kept events that could not be opened: ${count}. They may name the user in their context, and stay until EVENTS_KEPT_S is over. The first one: ${reason}.\n`,
    );
}

/**
 * Returns a statement with only the parameters that it uses, renumbered, because Postgres refuses unused parameters.
 */
function bound(sql: string, parameters: readonly unknown[]): [string, unknown[]] {
  const numbers = [...new Set([...sql.matchAll(/\$(\d)/g)].map(([, number]) => Number(number)))];
  const renumbered = sql.replaceAll(/\$(\d)/g, (_, number) => `$${numbers.indexOf(Number(number)) + 1}`);
  return [renumbered, numbers.map((number) => parameters[number - 1])];
}

async function personKeys(env: NodeJS.ProcessEnv): Promise<PersonKeys> {
  const [gateway, mfa] = [await sealKeysOf(env), await mfaSealKeysOf(env)];
  if (gateway === undefined || mfa === undefined)
    throw new CommandError(
      `SEAL_KEYS and MFA_SEAL_KEYS must be set, because rows about a user are found by them. ${missingKeysHint(env)}`,
    );
  return { gateway: new Sealer(gateway), mfa: new Sealer(mfa), pseudonymKey: await pseudonymKeyOf(env) };
}

/** Finds objects of blueprints that refer to the user, such as a binding of a flow. $1 id of the user as text. */
const REFERRING = `SELECT model, id FROM flow.objects WHERE strpos(attrs::text || identifiers::text, $1) > 0 LIMIT 5`;

async function checkDeletable(manager: EntityManager, user: SavedUser, superuser: boolean): Promise<void> {
  const others = await otherSuperusers(manager, user.uuid);
  if (others !== undefined && !superuser)
    throw new CommandError(`${user.username} is a superuser. Add --superuser to delete a superuser.`);
  if (others === 0) throw new CommandError(`${user.username} is the last active superuser.`);
  const objects = await manager.query<{ model: string; id: string }[]>(REFERRING, [user.uuid]);
  if (objects.length > 0)
    throw new CommandError(
      `Remove what refers to ${user.username} first: ${objects.map(({ model, id }) => `${model} ${id}`).join(', ')}`,
    );
}
