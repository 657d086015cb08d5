import { DeviceRepository } from '@gatehouse/authenticators';
import { CommandError, mfaSealKeysOf, sealKeysOf } from '@gatehouse/local';
import { Sealer, SecretBox } from '@gatehouse/platform';
import { adminAccount, type DuoReport, duoClient, importDuo } from '@gatehouse/stages/devices';
import type { DataSource } from 'typeorm';
import { DeviceImportLookup } from '../device-import/import-lookup.js';
import { recordedImport } from './recorded-import.js';
import type { UserSubcommand } from './user-subcommand.js';

const NO_ADMINISTRATION = 'Stage does not have Admin API configured, which is required for automatic imports.';

const FIND = `
  SELECT id, identifiers || attrs AS config FROM flow.objects
  WHERE model = 'authentik_stages_authenticator_duo.authenticatorduostage' AND (identifiers || attrs) ->> 'name' = $1`;

interface DuoStage {
  readonly id: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** Creates a device for each user of a Duo account who has the same name as a local user. */
export const importDuoDevices: UserSubcommand = {
  usage: 'STAGE_NAME',
  run: async ([name], context) => {
    const { source, env } = context;
    const stage = await findDuoStage(source, name, env);
    const administration = adminAccount(stage.config);
    if (!administration) throw new CommandError(NO_ADMINISTRATION);
    const keys = await mfaSealKeysOf(env);
    if (keys === undefined)
      throw new CommandError('MFA_SEAL_KEYS is not set. Devices are stored sealed with these keys.');
    const lookup = new DeviceImportLookup(source);
    const report: DuoReport = { added: 0, existing: 0, unknown: 0 };
    const counted = () => [{ name: 'duo devices', count: report.added }];
    await recordedImport(context, counted, () =>
      importDuo(duoClient(env).users(administration), {
        ...{ devices: new DeviceRepository(source, new Sealer(keys)), stage: stage.id, report },
        ownersOf: (names) => lookup.ownersOf(names.map((username) => ({ username }))),
      }),
    );
    if (report.error !== undefined) throw new CommandError(`${formatReport(report)}\n${report.error}`);
    return formatReport(report);
  },
};

/** Returns the Duo stage with a name, with its secrets decrypted. */
async function findDuoStage(source: DataSource, name: string | undefined, env: NodeJS.ProcessEnv): Promise<DuoStage> {
  if (!name) throw new CommandError('The argument STAGE_NAME is missing.');
  const [stage] = await source.query<DuoStage[]>(FIND, [name]);
  if (!stage) throw new CommandError(`there is no Duo stage ${name}`);
  const keys = await sealKeysOf(env);
  const secrets = new SecretBox(keys === undefined ? undefined : new Sealer(keys));
  const opened = Object.entries(stage.config).map(([field, value]) => [
    field,
    secrets.open({ object: stage.id, field }, value),
  ]);
  return { id: stage.id, config: Object.fromEntries(opened) };
}

const formatReport = ({ added, existing, unknown }: DuoReport): string =>
  [
    `${added} devices imported`,
    ...(existing > 0 ? [`${existing} exist already`] : []),
    ...(unknown > 0 ? [`${unknown} users of Duo do not exist here`] : []),
  ].join('\n');
