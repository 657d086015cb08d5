import { stat } from 'node:fs/promises';
import { DeviceRepository } from '@gatehouse/authenticators';
import { CommandError, mfaSealKeysOf } from '@gatehouse/local';
import { Sealer } from '@gatehouse/platform';
import { EmailAddressIndex, PhoneNumberIndex } from '@gatehouse/stages/devices';
import { type DeviceReport, importDevices, newDeviceReport } from '../device-import/import-devices.js';
import { DeviceImportLookup } from '../device-import/import-lookup.js';
import { ProgressBar } from '../progress-bar.js';
import { recordedImport } from './recorded-import.js';
import type { UserSubcommand } from './user-subcommand.js';

/** Imports devices of existing users from an export. */
export const importDevicesFile: UserSubcommand = {
  usage: 'FILE (JSON lines)',
  run: async ([file], context) => {
    const { source, env, process } = context;
    if (!file) throw new CommandError('The argument FILE is missing.');
    const keys = await mfaSealKeysOf(env);
    if (keys === undefined)
      throw new CommandError('MFA_SEAL_KEYS is not set. Devices are stored sealed with these keys.');
    const { size } = await stat(file).catch((error: Error) => {
      throw new CommandError(`${file} cannot be read: ${error.message}`);
    });
    const sealer = new Sealer(keys);
    const devices = new DeviceRepository(source, sealer);
    const bar = new ProgressBar(size * 2, process.stderr);
    const startedAt = performance.now();
    const report = newDeviceReport();
    const counted = () => Object.entries(report.added).map(([kind, count]) => ({ name: `${kind} devices`, count }));
    await recordedImport(context, counted, () =>
      importDevices({
        ...{ file, report, devices },
        ...{ numbers: new PhoneNumberIndex(devices, sealer), addresses: new EmailAddressIndex(devices, sealer) },
        lookup: new DeviceImportLookup(source),
        progress: (bytes, { added }) => bar.show(bytes, `${sum(added)} devices`),
      }),
    );
    bar.end();
    const output = formatReport(report, (performance.now() - startedAt) / 1000);
    return { output, exitCode: report.wrong > 0 ? 1 : 0 };
  },
};

const sum = (added: DeviceReport['added']) => Object.values(added).reduce((total, count) => total + count, 0);

function formatReport({ added, existing, unconfirmed, others, wrong, faults }: DeviceReport, seconds: number): string {
  const kinds = Object.entries(added).map(([kind, count]) => `${count} ${kind}`);
  const which = kinds.length > 0 ? ` (${kinds.join(', ')})` : '';
  return [
    `${sum(added)} devices${which} imported in ${seconds.toFixed(1)} s`,
    ...(existing > 0 ? [`${existing} devices exist already and were not changed`] : []),
    ...(unconfirmed > 0 ? [`${unconfirmed} devices were never confirmed and were skipped`] : []),
    ...(others > 0 ? [`${others} lines of other models were skipped`] : []),
    ...(wrong > 0 ? [`${wrong} invalid lines were skipped:`, ...faults.map((fault) => `  ${fault}`)] : []),
  ].join('\n');
}
