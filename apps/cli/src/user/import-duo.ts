import { DeviceRepository } from '@gatehouse/authenticators';
import { CommandError, mfaSealKeysOf, sealKeysOf } from '@gatehouse/local';
import { Sealer, SecretBox } from '@gatehouse/platform';
import { adminAccount, type DuoReport, duoClient, importDuo } from '@gatehouse/stages/devices';
import type { DataSource } from 'typeorm';
import { DeviceImportLookup } from '../device-import/import-lookup.js';
import type { UserCommand } from './user-command.js';

const NO_ADMINISTRATION = 'Stage does not have Admin API configured, which is required for automatic imports.';

const FIND = `
  SELECT id, identifiers || attrs AS config FROM flow.objects
  WHERE model = 'authentik_stages_authenticator_duo.authenticatorduostage' AND (identifiers || attrs) ->> 'name' = $1`;

interface DuoStage {
  readonly id: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** Makes devices of the users that a Duo stage's account has, for those who are here by the same name. */
export const importDuoDevices: UserCommand = {
  takes: 'STAGE (its name)',
  run: async ([name], { source, env }) => {
    const stage = await findDuoStage(source, name, env);
    const administration = adminAccount(stage.config);
    if (!administration) throw new CommandError(NO_ADMINISTRATION);
    const keys = await mfaSealKeysOf(env);
    if (keys === undefined) throw new CommandError('MFA_SEAL_KEYS is not set, and devices are kept sealed');
    const surroundings = new DeviceImportLookup(source);
    const report = await importDuo(duoClient(env).users(administration), {
      devices: new DeviceRepository(source, new Sealer(keys)),
      stage: stage.id,
      ownersOf: (names) => surroundings.ownersOf(names.map((username) => ({ username }))),
    });
    if (report.error !== undefined) throw new CommandError(`${formatReport(report)}\n${report.error}`);
    return formatReport(report);
  },
};

/** The stage of a name, with its secrets open. */
async function findDuoStage(source: DataSource, name: string | undefined, env: NodeJS.ProcessEnv): Promise<DuoStage> {
  if (!name) throw new CommandError('which stage? its name is missing');
  const [stage] = await source.query<DuoStage[]>(FIND, [name]);
  if (!stage) throw new CommandError(`there is no Duo stage ${name}`);
  const keys = await sealKeysOf(env);
  const vault = new SecretBox(keys === undefined ? undefined : new Sealer(keys));
  const opened = Object.entries(stage.config).map(([field, value]) => [
    field,
    vault.open({ object: stage.id, field }, value),
  ]);
  return { id: stage.id, config: Object.fromEntries(opened) };
}

const formatReport = ({ added, existing, unknown }: DuoReport): string =>
  [
    `${added} devices imported`,
    ...(existing > 0 ? [`${existing} were there already`] : []),
    ...(unknown > 0 ? [`${unknown} users of Duo are nobody here`] : []),
  ].join('\n');
