import { findBindingNames } from '@gatehouse/executor-postgres';
import { CommandError } from '@gatehouse/local';
import { flowChartOf } from '@gatehouse/plan';
import { findContract } from '@gatehouse/stages';
import { type CommandProcess, parseCommandArguments } from '../command.js';
import { withFlowDatabase } from '../sealed-flow-database.js';
import { parseVersion } from './flow-database.js';
import { findStoredVersion } from './stored-version.repository.js';

const USAGE = 'usage: npm run flow -- diagram SLUG [--version N]';

/** Returns a version of a flow, by default the current one, as the text of a Mermaid flowchart. */
export async function drawFlow(args: readonly string[], { env }: CommandProcess): Promise<string> {
  const { values, names } = parseCommandArguments(args, { version: { type: 'string' } });
  const [slug = '', ...others] = names;
  if (others.length > 0) throw new CommandError(USAGE);
  const number = values.version === undefined ? undefined : parseVersion(values.version);
  return withFlowDatabase(env, async (source) => {
    const { version } = await findStoredVersion(source, slug, number);
    const ends = (kind: string) => findContract(kind, version)?.ends ?? false;
    return flowChartOf(version, { names: await findBindingNames(source, version), ends });
  });
}
