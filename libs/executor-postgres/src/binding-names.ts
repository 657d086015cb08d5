import type { FlowVersion } from '@gatehouse/plan';
import { runNamed } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';

/** Finds the names of groups and users. $1 array of group ids, $2 array of user ids. */
const FIND = {
  name: 'flow_binding_names',
  text: `
    SELECT id, name FROM directory.groups WHERE id = ANY ($1::uuid[])
    UNION ALL SELECT id, username FROM directory.identities WHERE id = ANY ($2::uuid[])`,
};

/**
 * Returns the names of the groups and users to which a flow version is bound, by id. Deleted groups and users are left
 * out.
 */
export async function findBindingNames(
  source: DataSource,
  { guard, steps }: FlowVersion,
): Promise<ReadonlyMap<string, string>> {
  const bindings = [guard, ...steps.map(({ policies }) => policies)].flatMap((set) => set.bindings);
  const groups = bindings.flatMap(({ group }) => group ?? []);
  const users = bindings.flatMap(({ user }) => user ?? []);
  const { rows } = await runNamed<{ id: string; name: string }>(source, FIND, [groups, users]);
  return new Map(rows.map(({ id, name }) => [id, name]));
}
