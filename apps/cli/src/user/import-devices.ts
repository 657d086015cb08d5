import { stat } from 'node:fs/promises';
import { DeviceRepository } from '@gatehouse/authenticators';
import { CommandError, mfaSealKeysOf } from '@gatehouse/local';
import { Sealer } from '@gatehouse/platform';
import { PhoneNumberIndex } from '@gatehouse/stages/devices';
import { type DeviceReport, importDevices } from '../device-import/import-devices.js';
import { DeviceImportLookup } from '../device-import/import-lookup.js';
import { ProgressBar } from '../progress-bar.js';
import type { UserCommand } from './user-command.js';

/** Takes devices over from an export, for users who are here already. */
export const importDevicesFile: UserCommand = {
  takes: 'FILE (JSON lines)',
  run: async ([file], { source, env }) => {
    if (!file) throw new CommandError('which file? its name is missing');
    const keys = await mfaSealKeysOf(env);
    if (keys === undefined) throw new CommandError('MFA_SEAL_KEYS is not set, and devices are kept sealed');
    const found = await stat(file).catch((error: Error) => {
      throw new CommandError(`${file} cannot be read: ${error.message}`);
    });
    const sealer = new Sealer(keys);
    const devices = new DeviceRepository(source, sealer);
    const bar = new ProgressBar(found.size * 2);
    const began = performance.now();
    const report = await importDevices({
      ...{
        file,
        devices,
        numbers: new PhoneNumberIndex(devices, sealer),
        surroundings: new DeviceImportLookup(source),
      },
      progress: (bytes, { added }) => bar.show(bytes, `${sum(added)} devices`),
    });
    bar.end();
    if (report.wrong > 0) process.exitCode = 1;
    return formatReport(report, (performance.now() - began) / 1000);
  },
};

const sum = (added: DeviceReport['added']) => Object.values(added).reduce((all, some) => all + some, 0);

function formatReport({ added, existing, unconfirmed, others, wrong, faults }: DeviceReport, seconds: number): string {
  const kinds = Object.entries(added).map(([kind, count]) => `${count} ${kind}`);
  const which = kinds.length > 0 ? ` (${kinds.join(', ')})` : '';
  return [
    `${sum(added)} devices${which} imported in ${seconds.toFixed(1)} s`,
    ...(existing > 0 ? [`${existing} devices were there already, and are as they were`] : []),
    ...(unconfirmed > 0 ? [`${unconfirmed} devices were never set up to the end, and were left out`] : []),
    ...(others > 0 ? [`${others} lines are about something else`] : []),
    ...(wrong > 0 ? [`${wrong} lines were left out:`, ...faults.map((fault) => `  ${fault}`)] : []),
  ].join('\n');
}
