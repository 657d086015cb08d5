import { stat } from 'node:fs/promises';
import { CommandError } from '@gatehouse/local';
import { importLinks, type LinkReport, newLinkReport } from '../link-import/import-links.js';
import { recordedImport } from './recorded-import.js';
import type { UserSubcommand } from './user-subcommand.js';

/** Imports consents, connections with sources and tokens of existing users from an export. */
export const importLinksFile: UserSubcommand = {
  usage: 'FILE (JSON lines)',
  run: async ([file], context) => {
    if (!file) throw new CommandError('The argument FILE is missing.');
    await stat(file).catch((error: Error) => {
      throw new CommandError(`${file} cannot be read: ${error.message}`);
    });
    const report = newLinkReport();
    const counted = () =>
      (['consents', 'connections', 'tokens'] as const).map((name) => ({ name, count: report[name] }));
    await recordedImport(context, counted, () => importLinks({ file, report, source: context.source }));
    return { output: formatReport(report), exitCode: report.wrong > 0 ? 1 : 0 };
  },
};

const formatReport = ({ consents, connections, tokens, existing, expired, others, wrong, faults }: LinkReport) =>
  [
    `${consents} consents, ${connections} connections with sources and ${tokens} tokens imported`,
    ...(existing > 0 ? [`${existing} exist already and were not changed`] : []),
    ...(expired > 0
      ? [`${expired} consents and tokens that have expired, or belong to mailed links, were skipped`]
      : []),
    ...(others > 0 ? [`${others} lines of other models were skipped`] : []),
    ...(wrong > 0 ? [`${wrong} lines were skipped:`, ...faults.map((fault) => `  ${fault}`)] : []),
  ].join('\n');
