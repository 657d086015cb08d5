import { stat } from 'node:fs/promises';
import { CommandError } from '@gatehouse/local';
import { ProgressBar } from '../progress-bar.js';
import { DirectoryImporter } from '../user-import/directory-importer.js';
import { type ImportReport, importUsers, newImportReport } from '../user-import/import-users.js';
import { recordedImport } from './recorded-import.js';
import type { UserSubcommand } from './user-subcommand.js';

/** Imports users and groups from an export, with the password hashes. */
export const importUsersFile: UserSubcommand = {
  usage: 'FILE (JSON lines)',
  run: async ([file], context) => {
    const { source, process } = context;
    if (!file) throw new CommandError('The argument FILE is missing.');
    const { size } = await stat(file).catch((error: Error) => {
      throw new CommandError(`${file} cannot be read: ${error.message}`);
    });
    const bar = new ProgressBar(size * 2, process.stderr);
    const startedAt = performance.now();
    const report = newImportReport();
    const counted = () => (['users', 'groups'] as const).map((name) => ({ name, count: report[name] }));
    await recordedImport(context, counted, () =>
      importUsers({
        ...{ file, report, importer: new DirectoryImporter(source) },
        progress: (bytes, { users }) => bar.show(bytes, `${users} users`),
      }),
    );
    bar.end();
    const output = formatReport(report, (performance.now() - startedAt) / 1000);
    return { output, exitCode: report.wrong > 0 ? 1 : 0 };
  },
};

const formatReport = (report: ImportReport, seconds: number) =>
  [
    `${report.users} users and ${report.groups} groups imported in ${seconds.toFixed(1)} s`,
    ...(report.existing > 0 ? [`${report.existing} users exist already and were not changed`] : []),
    ...(report.otherPk > 0 ? [`${report.otherPk} users got another pk, because a user here has theirs`] : []),
    ...(report.withoutPassword > 0
      ? [`${report.withoutPassword} users have an unsupported hash and were imported without a password`]
      : []),
    ...(report.others > 0 ? [`${report.others} lines of other models were skipped`] : []),
    ...(report.wrong > 0
      ? [`${report.wrong} invalid lines were skipped:`, ...report.faults.map((fault) => `  ${fault}`)]
      : []),
  ].join('\n');
