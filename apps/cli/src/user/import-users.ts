import { stat } from 'node:fs/promises';
import { CommandError } from '@gatehouse/local';
import { ProgressBar } from '../progress-bar.js';
import { DirectoryImporter } from '../user-import/directory-importer.js';
import { type ImportReport, importUsers } from '../user-import/import-users.js';
import type { UserCommand } from './user-command.js';

/** Takes users and groups over from an export, with their hashes. */
export const importFile: UserCommand = {
  takes: 'FILE (JSON lines)',
  run: async ([file], { source }) => {
    if (!file) throw new CommandError('which file? its name is missing');
    const found = await stat(file).catch((error: Error) => {
      throw new CommandError(`${file} cannot be read: ${error.message}`);
    });
    const bar = new ProgressBar(found.size * 2);
    const began = performance.now();
    const report = await importUsers({
      file,
      newcomers: new DirectoryImporter(source),
      progress: (bytes, { users }) => bar.show(bytes, `${users} users`),
    });
    bar.end();
    if (report.wrong > 0) process.exitCode = 1;
    return formatReport(report, (performance.now() - began) / 1000);
  },
};

const formatReport = (report: ImportReport, seconds: number) =>
  [
    `${report.users} users and ${report.groups} groups imported in ${seconds.toFixed(1)} s`,
    ...(report.existing > 0 ? [`${report.existing} users were there already, and are as they were`] : []),
    ...(report.withoutPassword > 0
      ? [`${report.withoutPassword} have a hash that nobody can check, and no password now`]
      : []),
    ...(report.others > 0 ? [`${report.others} lines are about something else`] : []),
    ...(report.wrong > 0
      ? [`${report.wrong} lines were left out:`, ...report.faults.map((fault) => `  ${fault}`)]
      : []),
  ].join('\n');
